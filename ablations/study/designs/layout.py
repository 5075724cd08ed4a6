"""What a design produces, and the options that a study file may give it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo

from ablations.study.designs.search_options import Confirm, Explore, SpaceWords
from gan_core.records import Record

BASELINE = "baseline"
ALL = "all"
RESERVED = (BASELINE, ALL, "seed")  # names of arms, and of the parameter next to the factors: no factor may have them
MOST_ARMS = 1024
MOST_FACTORS = 256
ARM_ALLOWED = "a list of factors that are on, such as [dropout, ttur], or settings, such as {dropout: 0.3}"
ARMS_ALLOWED = f"two to {MOST_ARMS} names of arms, each with a list of factors that are on, or with settings"


def _arm(value: Any) -> Any:
    """Factors that are on, or settings. Raises ValueError with what is allowed."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError(ARM_ALLOWED)


REST = "rest"  # the context of validating what is left of a file without its mistakes: it may be too little


def _arms(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, dict) or len(value) > MOST_ARMS or (len(value) < 2 and info.context != REST):
        raise ValueError(ARMS_ALLOWED)
    return value


ArmWords = Annotated[tuple[str, ...] | dict[str, Any], PlainValidator(_arm)]


class DesignOptions(Record):
    """The options of designs in a study file; each design names those that are its own."""

    all_together: bool = Field(False, description="one-in: one more arm with every factor on")
    resolution: int | None = Field(None, ge=3, le=7, description="fractional: at least this resolution")
    arms: Annotated[dict[str, ArmWords], BeforeValidator(_arms)] | None = Field(
        None, description="arms: name -> factors that are on, or settings"
    )
    reference: str | None = Field(None, description="arms: the arm that the others are compared with; else the first")
    explore: Explore | None = Field(None, description="search: how many arms to try, and who suggests them")
    confirm: Confirm | None = Field(None, description="search: how many of the best, and on which fresh seeds")
    space: SpaceWords | None = Field(None, description="search: settings to vary besides the tricks")


class Combination(NamedTuple):
    """An arm by name, and the factors that are on in it.

    `previous`: the arm that it grew out of, on a ladder. `where`: the place in the study file that it comes from.
    """

    arm: str
    on: frozenset[str]
    previous: str | None = None
    where: tuple[str, ...] = ("design",)


class Alias(Record):
    """Effects that a fraction can't separate: the first is `signs[i]` times `effects[i]`, for each i.

    An effect is the names of its factors: one for a main effect, two for an interaction. Off is -1 and on is +1.
    """

    effects: tuple[tuple[str, ...], ...]
    signs: tuple[int, ...]

    def __str__(self) -> str:
        return " = ".join(
            ("-" if sign < 0 else "") + " x ".join(effect)
            for sign, effect in zip(self.signs, self.effects, strict=True)
        )


class Fraction(Record):
    """A regular two-level fraction: how it is built, and which effects it can't separate.

    `resolution`: length of the shortest word of the defining relation. `generators`: everything else follows from them.
    `aliases`: of main effects and two-way interactions among each other. `told_apart`: the number of these effects that
    can be separated, a group of aliases being one.
    """

    resolution: int
    runs: int
    told_apart: int
    generators: tuple[str, ...]
    aliases: tuple[Alias, ...]


class Layout(NamedTuple):
    """The arms of a study, the reference first. All names are different."""

    combinations: tuple[Combination, ...]
    reference: str = BASELINE  # the arm that the others are compared with
    fraction: Fraction | None = None


@dataclass(frozen=True)
class Design:
    """A way to lay out factors. `lay_out` is pure; it raises UserError, with the place in the study file.

    `takes`: the options of its own, `needs`: those that must be given. `leaves_out`: whether a combination that a rule
    forbids is left out, and reported, since the rest still answers; else it is an error. `replaces`: whether a later
    factor may set what an earlier one has set already; else two that set one setting differently can't be combined.
    `needs_every_arm`: whether it may be missing in no block of a study across several settings either.
    """

    summary: str
    lay_out: Callable[[Sequence[str], DesignOptions], Layout]
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    leaves_out: bool = False
    replaces: bool = False
    needs_every_arm: bool = False


Designs = Mapping[str, Design]
