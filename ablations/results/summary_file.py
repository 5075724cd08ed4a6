"""`summary.json`: the summary of a journal, kept next to it for the next reader.

It is written by the first reader after a run's end. It is a copy, never the truth: it holds for the journal whose size
and digest it names and for the code that made it, and is made again where either has changed.
"""

import functools
import hashlib
import inspect
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from ablations.results.summary import Summary, summary_of
from gan_core import dynamics, journal, verdict
from gan_core.events import RESULTS, AnyEvent, has_result
from gan_core.machine.cores import cores
from gan_core.machine.files import write_text
from gan_core.records import Record
from gan_core.workers.orphan import end_with_parent

NAME = "summary.json"


class _Kept(Record):
    """The content of `summary.json`.

    `mtime_ns` saves computing the digest; a copied folder has another one, and the same digest.
    """

    journal_bytes: int
    journal_mtime_ns: int
    journal_digest: str
    code_digest: str
    summary: Summary

    def holds_for(self, path: Path, there: os.stat_result) -> bool:
        """Whether it was made from this journal, by the present code."""
        if (self.journal_bytes, self.code_digest) != (there.st_size, _code_digest()):
            return False
        return self.journal_mtime_ns == there.st_mtime_ns or self.journal_digest == _digest(path.read_bytes())


def read_summary(directory: Path) -> Summary:
    """The summary of the trial in this directory: from `summary.json` where that still holds, else from the journal.

    After a run's end it is kept for the next reader. A directory that can't be written to can be read all the same.
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
    events = journal.events_in(content)
    summary = summary_of(events)
    if summary.status != "unfinished" and not missing_events(events):
        _keep(directory, there, _digest(content), summary)
    return summary


def summary_holds(directory: Path) -> bool:
    """Whether the trial's journal need not be read."""
    kept, path = _kept(directory), directory / journal.NAME
    return kept is not None and path.exists() and kept.holds_for(path, path.stat())


def missing_events(events: Sequence[AnyEvent]) -> set[int]:
    """The numbers that a journal lacks before its last one: its events are numbered from 0 without a gap."""
    return set(range(events[-1].seq)) - {event.seq for event in events} if events else set()


def has_lost_its_end(directory: Path, events: Sequence[AnyEvent]) -> bool:
    """Whether the trial's journal was longer when it was summed up, or had a result: it only grows, and a result stays.

    `events`: those that it has now.
    """
    kept, path = _kept(directory), directory / journal.NAME
    if kept is None:
        return False
    was_longer = not path.exists() or path.stat().st_size < kept.journal_bytes
    return was_longer or (kept.summary.status in RESULTS and not has_result(events))


def _kept(directory: Path) -> _Kept | None:
    try:
        return _Kept.model_validate_json((directory / NAME).read_bytes())
    except (OSError, ValidationError):  # none, one that a crash has left torn, or one of another version
        return None


def _keep(directory: Path, there: os.stat_result, digest: str, summary: Summary) -> None:
    """Write the summary, whole or not at all, without waiting for the disk: it can be made again."""
    kept = _Kept(
        journal_bytes=there.st_size,
        journal_mtime_ns=there.st_mtime_ns,
        journal_digest=digest,
        code_digest=_code_digest(),
        summary=summary,
    )
    with suppress(OSError):  # read-only, or full: the next reader reads the journal again
        write_text(directory / NAME, kept.model_dump_json() + "\n", shared=True, durable=False)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@functools.cache
def _code_digest() -> str:
    """The digest of the source that turns events into a summary: other rules for a verdict make another summary."""
    modules = (dynamics, verdict, inspect.getmodule(summary_of))
    return _digest("".join(inspect.getsource(module) for module in modules if module is not None).encode())


MANY = 400  # journals: below, processes take longer to start than they spare
A_BATCH = 50


def keep_summaries(directories: Sequence[Path]) -> None:
    """Leave a summary in each of these trials' directories if many lack one; the reader finds them there.

    Nothing depends on it: where a summary can't be left, as in a directory that can't be written to, the reader makes
    it. Processes can't be started for a program that was read from standard input, or has no `if __name__ ==
    "__main__"`.
    """
    missing = _missing(directories)
    if cores() < 2 or len(missing) < MANY or not os.access(missing[0], os.W_OK):
        return
    batches = [missing[start : start + A_BATCH] for start in range(0, len(missing), A_BATCH)]
    context = multiprocessing.get_context("spawn")  # the caller may have threads
    with suppress(BrokenProcessPool), ProcessPoolExecutor(cores(), context, end_with_parent) as pool:
        list(pool.map(_keep_each, batches))


def _missing(directories: Sequence[Path]) -> list[Path]:
    """The directories without a summary; all, if the first summary found does not hold: the code has changed."""
    there = {directory for directory in directories if (directory / NAME).exists()}
    first = next((directory for directory in directories if directory in there), None)
    return [d for d in directories if d not in there] if first is None or summary_holds(first) else list(directories)


def _keep_each(directories: Sequence[Path]) -> None:
    for directory in directories:
        read_summary(directory)
