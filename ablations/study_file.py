"""The keys of a study file and their types. What the settings mean is `gan_core.config`'s business."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from ablations.designs import DESIGNS, DesignOptions
from gan_core.problems import unknown_name

SEEDS_ALLOWED = "a count from 1 to 1000 (3: seeds 0, 1, 2), or a list of different whole numbers from 0 to 2147483647"

SETTINGS_ALLOWED = "settings and their values, such as {dropout: 0.3}"
FACTORS_ALLOWED = "at least one name with the settings that it changes, such as `half: {dropout: 0.5}`"


def _design(name: str) -> str:
    if name not in DESIGNS:
        raise unknown_name("design", name, DESIGNS)
    return name


def _seeds(value: Any) -> tuple[int, ...]:
    """A count or a list -> the seeds. Raises ValueError with what is allowed."""
    if type(value) is int and 1 <= value <= 1000:
        return tuple(range(value))
    seeds = value if isinstance(value, list) else []
    whole = all(type(seed) is int and 0 <= seed < 2**31 for seed in seeds)  # `type`: True is no number here
    if not seeds or not whole or len(set(seeds)) < len(seeds):
        raise ValueError(SEEDS_ALLOWED)
    return tuple(seeds)


def _settings(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(SETTINGS_ALLOWED)
    return value


def _factors(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError(FACTORS_ALLOWED)
    return value


Settings = Annotated[dict[str, Any], BeforeValidator(_settings)]


class StudyFile(DesignOptions):
    """A study file, its settings not yet looked into."""

    question: str = Field(min_length=1)
    papers: list[str] = Field(default_factory=list)
    design: Annotated[str, AfterValidator(_design)]
    seeds: Annotated[tuple[int, ...], PlainValidator(_seeds)]
    baseline: Settings
    tricks: Annotated[dict[str, Settings], BeforeValidator(_factors)]

    def options(self) -> DesignOptions:
        """What the design is told."""
        return DesignOptions(**{name: getattr(self, name) for name in DesignOptions.model_fields})
