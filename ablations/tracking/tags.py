"""What a run of a tracking store says of its trial, in tags: enough for a leaderboard without any of the files.

A store cuts tags that are too long without a word, so a text is kept in as many tags as it needs: NAME.0, NAME.1, ...
"""

from collections.abc import Mapping

from pydantic import ValidationError

from ablations.results.summary import Summary
from ablations.workspace.trial_record import TrialRecord

RECORD = "ablations.record"  # who the trial is: its trial.json
SUMMARY = "ablations.summary"  # its outcome, from its end on
PIECE = 4000  # characters: MLflow 3 takes 8,000, older servers 5,000


def record_tags(record: TrialRecord) -> dict[str, str]:
    """The tags of a run from its beginning on."""
    return _pieces(RECORD, record.model_dump_json())


def summary_tags(summary: Summary) -> dict[str, str]:
    """The tags of a run from its end on."""
    return _pieces(SUMMARY, summary.model_dump_json(exclude_none=True))


def record_of(tags: Mapping[str, str]) -> TrialRecord | None:
    """The trial's identity; None for a run that is no trial's, or whose program knew no such tag."""
    text = _joined(RECORD, tags)
    try:
        return TrialRecord.model_validate_json(text) if text else None
    except ValidationError:
        return None


def tagged_summary(tags: Mapping[str, str]) -> Summary | None:
    """The summary of the run; None before its end."""
    text = _joined(SUMMARY, tags)
    try:
        return Summary.model_validate_json(text) if text else None
    except ValidationError:
        return None


def _pieces(name: str, text: str) -> dict[str, str]:
    return {f"{name}.{n}": text[start : start + PIECE] for n, start in enumerate(range(0, len(text), PIECE))}


def _joined(name: str, tags: Mapping[str, str]) -> str:
    count = next(n for n in range(len(tags) + 1) if f"{name}.{n}" not in tags)
    return "".join(tags[f"{name}.{n}"] for n in range(count))
