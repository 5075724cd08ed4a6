"""What a trial's journal comes to, and the small file beside it that spares whoever reads many trials the journals.

`summary.json` is written by the first reader after a run's end. It is a copy, never the truth: it holds for the journal
whose size and digest it names and for the code that made it, and is made anew where either has changed.
"""

import functools
import hashlib
import inspect
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, ValidationError

from gan_core import dynamics as course
from gan_core import journal, verdict
from gan_core.events import AnyEvent, Evaluated, Finished, Score, Started
from gan_core.records import Record

NAME = "summary.json"
Of = Literal["best", "last"]
Status = Literal["finished", "diverged", "failed", "pruned", "unfinished"]


class _Numbers(Record):
    """Records whose numbers may be NaN or infinite, in JSON too."""

    model_config = ConfigDict(allow_inf_nan=True, strict=False, ser_json_inf_nan="strings")


class ScoreSummary(_Numbers):
    """A score without its protocol, of which the stamp is left."""

    metric: str
    name: str
    value: float
    stamp: str
    error: float | None = None  # standard error of the value, of a metric that estimates it

    @classmethod
    def of(cls, score: Score) -> "ScoreSummary":
        """A score as it stands in a journal."""
        return cls(metric=score.metric, name=score.name, value=score.value, stamp=score.stamp, error=score.error)


class GeneratorSummary(_Numbers):
    """The scores of one generator, and where it was: thousands of images seen by D, wall seconds spent."""

    kimg: float
    seconds: float
    scores: tuple[ScoreSummary, ...]

    def score(self, metric: str) -> ScoreSummary | None:
        """Its score by this metric; None where it was not measured."""
        return next((score for score in self.scores if score.metric == metric), None)


class Summary(_Numbers):
    """A run by its journal. None: not known, or not yet; `best` and `last`: the generators scored in full."""

    status: Status = "unfinished"
    inert: tuple[str, ...] | None = None
    run_verdict: str | None = None
    kimg: float | None = None
    wall_s: float | None = None
    evaluation_s: float | None = None
    data_digest: str | None = None
    data_skipped: int | None = None
    best: GeneratorSummary | None = None
    last: GeneratorSummary | None = None


class _Kept(Record):
    """What `summary.json` holds. `mtime_ns` spares the digest; a copied folder has another, and the same digest."""

    journal_bytes: int
    journal_mtime_ns: int
    journal_digest: str
    code_digest: str
    summary: Summary

    def holds_for(self, path: Path, there: os.stat_result) -> bool:
        """Whether it was made of this journal, by the code of now."""
        if (self.journal_bytes, self.code_digest) != (there.st_size, _code_digest()):
            return False
        return self.journal_mtime_ns == there.st_mtime_ns or self.journal_digest == _digest(path.read_bytes())


def summary_of(events: Sequence[AnyEvent]) -> Summary:
    """Sum up the events of a run, whether it has ended or not."""
    if not events:
        return Summary()
    first, end = events[0], events[-1]
    scored = {event.of: _generator(event) for event in events if isinstance(event, Evaluated)}
    ended = isinstance(end, Finished)
    return Summary(
        status=end.status if isinstance(end, Finished) else "unfinished",
        inert=end.inert if isinstance(end, Finished) else None,
        run_verdict=verdict.verdict_of(events).kind if ended else None,
        kimg=end.kimg,
        wall_s=end.wall_s,
        evaluation_s=end.evaluation_s if isinstance(end, Finished) else None,
        data_digest=first.data_digest if isinstance(first, Started) else None,
        data_skipped=first.data_skipped if isinstance(first, Started) else None,
        best=scored.get("best"),
        last=scored.get("last"),
    )


def read_summary(directory: Path) -> Summary:
    """The summary of the trial in this directory: from `summary.json` where that still holds, else from the journal.

    After a run's end it is kept for the next reader; a directory that can't be written to is read all the same.
    """
    path = directory / journal.NAME
    try:
        there = path.stat()
    except FileNotFoundError:
        return Summary()
    kept = _kept(directory)
    if kept is not None and kept.holds_for(path, there):
        return kept.summary
    content = path.read_bytes()
    summary = summary_of(journal.events_in(content))
    if summary.status != "unfinished":
        _keep(directory, there, _digest(content), summary)
    return summary


def summary_holds(directory: Path) -> bool:
    """Whether the trial's journal need not be read."""
    kept, path = _kept(directory), directory / journal.NAME
    return kept is not None and path.exists() and kept.holds_for(path, path.stat())


def _generator(event: Evaluated) -> GeneratorSummary:
    return GeneratorSummary(
        kimg=event.generator_images / 1000,
        seconds=event.generator_wall_s,
        scores=tuple(map(ScoreSummary.of, event.scores)),
    )


def _kept(directory: Path) -> _Kept | None:
    try:
        return _Kept.model_validate_json((directory / NAME).read_bytes())
    except (OSError, ValidationError):  # none, one that a crash has left torn, or one of another version
        return None


def _keep(directory: Path, there: os.stat_result, digest: str, summary: Summary) -> None:
    """Whole or not at all for other readers; not forced to the disk, for it can be made again."""
    kept = _Kept(
        journal_bytes=there.st_size,
        journal_mtime_ns=there.st_mtime_ns,
        journal_digest=digest,
        code_digest=_code_digest(),
        summary=summary,
    )
    temporary = directory / f".{NAME}.{os.getpid()}.tmp"
    with suppress(OSError):  # read-only, or full: the next reader reads the journal again
        try:
            temporary.write_text(kept.model_dump_json() + "\n", encoding="utf-8")
            os.replace(temporary, directory / NAME)
        finally:
            temporary.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@functools.cache
def _code_digest() -> str:
    """Of the source that turns events into a summary: a verdict by other rules is another summary."""
    modules = (course, verdict, inspect.getmodule(summary_of))
    return _digest("".join(inspect.getsource(module) for module in modules if module is not None).encode())
