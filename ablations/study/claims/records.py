"""A claim as a study keeps it: the words, and the arms that they mean, so that reading results needs no study file."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ablations.statistics import Relation
from ablations.study.claims.measures import MEASURES, Of
from gan_core.problems import unknown_name
from gan_core.records import Record


class OfArms(Record):
    """One arm against another, by name."""

    kind: Literal["arms"] = "arms"
    left: str
    right: str

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.left, self.right)


class ClaimedEffect(Record):
    """The effect of a trick: the arm with it against the arm without it."""

    with_it: str
    without_it: str


class OfEffects(Record):
    """One effect against another; with the same trick on both sides that is an interaction."""

    kind: Literal["effects"] = "effects"
    left: ClaimedEffect
    right: ClaimedEffect

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.left.with_it, self.left.without_it, self.right.with_it, self.right.without_it)


class OfFactors(Record):
    """A main effect of a factorial design, or an interaction of two factors, against 0."""

    kind: Literal["factors"] = "factors"
    factors: tuple[str, ...] = Field(min_length=1, max_length=2)
    arms: tuple[str, ...]  # all of the study


class OfGenerators(Record):
    """Each run's last generator against its best, or the other way round, in these arms."""

    kind: Literal["generators"] = "generators"
    left: Of
    arms: tuple[str, ...]


Test = Annotated[OfArms | OfEffects | OfFactors | OfGenerators, Field(discriminator="kind")]


class Claim(Record):
    """A statement, its source, and the comparison that it became, or why it became none.

    `comparison` is as it was written and `test` what it means; `relation` is between the numbers of the metric, left to
    right. `late`: it was added when results existed already.
    """

    name: str
    statement: str
    source: str
    comparison: str = ""
    metric: str = "fid"
    relation: Relation | None = None
    test: Test | None = None
    not_tested: str = ""
    late: bool = False
    block: str = ""  # the one that it is about; '' for all of them together, or of a study without blocks


CLAIMS_ALLOWED = "names, each with a statement, a source, and a comparison (or `not_tested`: why there is none)"


def _metric(name: str) -> str:
    if name not in MEASURES:
        raise unknown_name("metric", name, MEASURES)
    return name


def _claims(value: Any) -> Any:
    if not isinstance(value, dict) or not all(isinstance(words, dict) for words in value.values()):
        raise ValueError(CLAIMS_ALLOWED)
    return value


class ClaimWords(Record):
    """A statement, its source, and the comparison that it became, or why it became none."""

    statement: str = Field(min_length=1, description="the claim in words")
    source: str = Field(min_length=1, description="who says so, and where")
    comparison: str | None = Field(None, min_length=1, description="such as `a < a + b`: docs/claims.md")
    metric: Annotated[str, AfterValidator(_metric), WithJsonSchema({"enum": list(MEASURES)})] = Field(
        "fid", description="what is compared"
    )
    not_tested: str | None = Field(None, min_length=1, description="why no comparison says what the claim says")
    block: str | None = Field(None, description="the block of `across` that it is about; else all of them together")


ClaimsInFile = Annotated[dict[str, ClaimWords], BeforeValidator(_claims)]
