"""What a study's directory says about the study, so that results can be read without its file."""

from typing import Any

from gan_core.records import Record

SCHEMA_VERSION = 1


class ArmRecord(Record):
    """One arm as it was resolved, with seed 0. `factors` says for every factor of the study whether it is on."""

    name: str
    factors: dict[str, bool]
    fingerprint: str
    config: dict[str, Any]


class StudyRecord(Record):
    """A study as it was resolved: what `study.json` holds. `baseline` and `factors` are the user's words."""

    schema_version: int = SCHEMA_VERSION
    name: str
    question: str
    papers: tuple[str, ...]
    design: str
    seeds: tuple[int, ...]
    baseline: dict[str, Any]
    factors: dict[str, dict[str, Any]]
    arms: tuple[ArmRecord, ...]
