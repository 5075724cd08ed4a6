"""A claim as a study file has it, its comparison not yet looked into."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ablations.claims.measures import MEASURES
from gan_core.problems import unknown_name
from gan_core.records import Record

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
    """What somebody says, where, and the comparison that it became, or why it became none."""

    statement: str = Field(min_length=1, description="the claim in words")
    source: str = Field(min_length=1, description="who says so, and where")
    comparison: str | None = Field(None, min_length=1, description="such as `a < a + b`: docs/claims.md")
    metric: Annotated[str, AfterValidator(_metric)] = Field("fid", description="what is compared")
    not_tested: str | None = Field(None, min_length=1, description="why no comparison says what the claim says")


ClaimsInFile = Annotated[dict[str, ClaimWords], BeforeValidator(_claims)]
