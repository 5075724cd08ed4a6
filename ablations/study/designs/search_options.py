"""The options of a search in a study file: how it explores, what it confirms, and the words of its space."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from ablations.study.designs.seeds import COUNT_OR_LIST, COUNT_OR_LIST_SCHEMA, seeds_of
from gan_core.problems import unknown_name
from gan_core.records import Record
from gan_core.schema.ramp import is_ramp

EXPLORED_SEEDS = 1_000_000  # the first seed of explored trials; those of confirmed ones lie below
SAMPLERS = ("tpe", "gp", "cmaes", "random", "qmc")
LEARNING = ("tpe", "gp", "cmaes")  # those that suggest by what earlier trials scored
PRUNERS = ("none", "median", "hyperband")
DIMENSION_ALLOWED = "a list of choices, such as [32, 64], or a range, such as {low: 1e-4, high: 1e-2, log: true}"
SPACE_ALLOWED = "settings, each with a list of choices or a range"
Scalar = bool | int | float | str


def _sampler(name: str) -> str:
    if name not in SAMPLERS:
        raise unknown_name("sampler", name, SAMPLERS)
    return name


def _pruner(name: str) -> str:
    if name not in PRUNERS:
        raise unknown_name("pruner", name, PRUNERS)
    return name


def _fresh_seeds(value: Any) -> tuple[int, ...]:
    if isinstance(value, dict):
        raise ValueError(f"{COUNT_OR_LIST}: a search has one confirming stage, without looks")
    seeds = seeds_of(value).seeds
    if max(seeds) >= EXPLORED_SEEDS:
        raise ValueError(f"seeds below {EXPLORED_SEEDS}, where those of explored trials begin")
    return seeds


def _dimension(value: Any) -> Any:
    if isinstance(value, list):
        return {"choices": value}
    if not isinstance(value, dict):
        raise ValueError(DIMENSION_ALLOWED)
    if is_ramp(value):
        raise ValueError(f"{DIMENSION_ALLOWED}; a ramp, {{from: .., to: ..}}, can be one of the choices")
    return value


def _space(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError(SPACE_ALLOWED)
    return value


class Explore(Record):
    """The first stage: a sampler suggests arms until enough different ones have been tried."""

    arms: int = Field(ge=1, le=1000, description="different arms to try")
    sampler: Annotated[str, AfterValidator(_sampler), WithJsonSchema({"enum": list(SAMPLERS)})] = Field(
        "tpe", description="who suggests them"
    )
    pruner: Annotated[str, AfterValidator(_pruner), WithJsonSchema({"enum": list(PRUNERS)})] = Field(
        "none", description="who stops trials that do badly"
    )
    seeds: int = Field(2, ge=1, le=100, description="largest number of seeds for one arm, where it is suggested again")
    seed: int = Field(0, ge=0, lt=2**31, description="of the sampler")


class Confirm(Record):
    """The second stage: the best explored arms and the baseline again, on seeds that had no part in the choice."""

    best: int = Field(ge=1, le=100, description="how many arms")
    seeds: Annotated[tuple[int, ...], PlainValidator(_fresh_seeds), WithJsonSchema(COUNT_OR_LIST_SCHEMA)]


class DimensionWords(Record):
    """One setting of the space: choices, or a range from low to high. `when`: what must have been chosen before it."""

    choices: list[Any] | None = Field(None, min_length=2)
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    step: int | float | None = Field(None, gt=0)
    when: dict[str, Any] = Field(default_factory=dict)


SpaceWords = Annotated[dict[str, Annotated[DimensionWords, BeforeValidator(_dimension)]], BeforeValidator(_space)]


class SearchRecord(Record):
    """A search as its study's directory keeps it. Later only the confirming seeds may grow."""

    explore: Explore
    best: int
    space: dict[str, DimensionWords]


Stage = Literal["explore", "confirm"]
