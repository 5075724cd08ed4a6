"""The resolved configuration: in which settings the arms differ, and what they have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablations.results.results import Result
from ablations.study.record import StudyRecord
from ablations.study.setting_text import OFF, setting_text
from ablations.workspace.trial_record import read_trial_record

SEED = "seed"


@dataclass(frozen=True)
class ArmSettings:
    """One arm's texts of the differing settings, in their order; `changed`: which are not the first arm's."""

    arm: str
    texts: tuple[str, ...]
    changed: tuple[bool, ...]


@dataclass(frozen=True)
class Configuration:
    """`settings` are those in which the arms differ; `common` the others, as texts by name."""

    settings: tuple[str, ...]
    arms: tuple[ArmSettings, ...]
    common: Mapping[str, str]


def configs_of(record: StudyRecord, arms: Sequence[str], results: Sequence[Result]) -> dict[str, Mapping[str, Any]]:
    """The resolved configurations of these arms, in their order; those that a search found come from their runs'
    folders.
    """
    known: dict[str, Mapping[str, Any]] = {arm.name: arm.config for arm in record.arms}
    folders = {result.arm: result.directory for result in results if result.arm not in known and result.directory}
    missing = {arm: read_trial_record(Path(folders[arm])).config for arm in arms if arm in folders}
    return {arm: (known | missing)[arm] for arm in arms if arm in known or arm in missing}


def configuration_of(configs: Mapping[str, Mapping[str, Any]]) -> Configuration:
    """Compare resolved configurations by name, the first with the others; a different seed is no difference."""
    keys = list(dict.fromkeys(key for config in configs.values() for key in config if key != SEED))
    first: Mapping[str, Any] = next(iter(configs.values()), {})
    differing = [key for key in keys if any(config.get(key) != first.get(key) for config in configs.values())]
    return Configuration(
        settings=tuple(differing),
        arms=tuple(
            ArmSettings(
                arm,
                tuple(_text(key, config) for key in differing),
                tuple(config.get(key) != first.get(key) for key in differing),
            )
            for arm, config in configs.items()
        ),
        common={key: _text(key, first) for key in keys if key not in differing},
    )


def _text(key: str, config: Mapping[str, Any]) -> str:
    return setting_text(key, config[key]) if key in config else OFF
