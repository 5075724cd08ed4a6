"""From trials' directories to one record a trial. Reads the disk only: no server, no study file."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from ablations.results.factor_text import FactorFacts, factor_values
from ablations.results.summary import GeneratorSummary, ScoreSummary, Summary
from ablations.results.summary_file import keep_summaries, read_summary
from ablations.study.block_names import arm_alone
from ablations.study.claims.measures import Of
from ablations.study.designs.search_options import Stage
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.cursor import read_cursor
from ablations.workspace.trial_record import RECORD, TrialRecord, read_trial_record, recorded_folders
from gan_core import journal

_T = TypeVar("_T")
_FileState = tuple[int, int, int] | None  # inode, size, time of the last change, ns; None: there is no such file


@dataclass(frozen=True, slots=True)
class Result:
    """One trial: its identity and the summary of its journal.

    `factors`: the text of each of the study's factors, 'off' or what it sets. `run_id`: MLflow's, where it has the run.
    `directory`: where the trial is; '' where it was read from a tracking store. `stage`: of a search. `code`: files of
    the user's own that it rests on, each with its digest. `block`: of a study across several settings.
    """

    study: str
    arm: str
    is_baseline: bool
    factors: Mapping[str, str]
    seed: int
    fingerprint: str
    summary: Summary
    run_id: str | None
    directory: str
    stage: Stage | None = None
    code: tuple[str, ...] = ()
    block: str = ""

    @property
    def name(self) -> str:
        return f"{self.arm}-seed{self.seed}"

    @property
    def place(self) -> str:
        """The place where it is kept, for people."""
        return self.directory or f"MLflow run {self.run_id}"

    @property
    def in_its_block(self) -> "Result":
        """The same with the arm's own name, as it is called among the arms of its block."""
        return replace(self, arm=arm_alone(self.arm, self.block))

    @property
    def status(self) -> str:
        return self.summary.status

    def generator(self, of: Of) -> GeneratorSummary | None:
        """The best or the last generator of the run; None where it was not scored in full."""
        return self.summary.best if of == "best" else self.summary.last

    def score(self, metric: str, of: Of) -> ScoreSummary | None:
        """A score of that generator; None where it was not measured."""
        generator = self.generator(of)
        return None if generator is None else generator.score(metric)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One trial as a place that keeps trials knows it: a directory, or a run of a tracking store."""

    record: TrialRecord
    summary: Summary
    run_id: str | None
    directory: str = ""


class ResultReader:
    """Reads the results of a study again and again: of each trial only the files that have changed since.

    A file has changed if its inode, its size or its time has: journals only grow, and the others are replaced whole.
    """

    def __init__(self) -> None:
        self._files: dict[Path, tuple[_FileState, object]] = {}  # as of their last reading
        self._recorded: list[Recorded] | None = None
        self._results: tuple[Result, ...] = ()

    def read(self, directories: Sequence[Path]) -> tuple[Result, ...]:
        """The results of these trials' directories, in order; the same tuple as before if nothing has changed."""
        keep_summaries([directory for directory in directories if directory / RECORD not in self._files])
        with _no_collection():
            recorded = [self._trial(directory) for directory in directories]
            if recorded != self._recorded:
                self._recorded, self._results = recorded, results_of(recorded)
        return self._results

    def _trial(self, directory: Path) -> Recorded:
        return Recorded(
            record=self._current(directory, RECORD, read_trial_record),
            summary=self._current(directory, journal.NAME, read_summary),
            run_id=self._current(directory, CURSOR, _run_id),
            directory=str(directory),
        )

    def _current(self, directory: Path, name: str, read: Callable[[Path], _T]) -> _T:
        """What `read` makes of this file of the directory; it is called only if the file has changed."""
        path = directory / name
        state = _state_of(path)  # before it is read: what changes meanwhile is read the next time
        known = self._files.get(path)
        if known is None or known[0] != state:
            known = self._files[path] = (state, read(directory))
        return cast(_T, known[1])


def _state_of(path: Path) -> _FileState:
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    return there.st_ino, there.st_size, there.st_mtime_ns


def _run_id(directory: Path) -> str | None:
    cursor = read_cursor(directory)
    return cursor.run_id if cursor else None


def read_results(where: Path | Iterable[Path]) -> tuple[Result, ...]:
    """The results of these trials' directories, or of all trials of the study in this directory.

    They are in order, whatever the order of reading.
    """
    return ResultReader().read(trial_directories(where) if isinstance(where, Path) else list(where))


def trial_directories(root: Path) -> list[Path]:
    """The directories of a study's trials, by name. Raises PermissionError where one can't be looked into."""
    return recorded_folders(root / "trials")


def results_of(recorded: Iterable[Recorded]) -> tuple[Result, ...]:
    """Put recorded trials in order. The text of a factor follows from the arms of its own study."""
    by_study: dict[str, list[Recorded]] = {}
    for one in recorded:
        by_study.setdefault(one.record.study, []).append(one)
    return in_order([result for study in by_study.values() for result in _of_study(study)])


def in_order(results: Iterable[Result]) -> tuple[Result, ...]:
    """By study, then the baseline first and the arms by name, then by seed."""
    return tuple(sorted(results, key=lambda r: (r.study, not r.is_baseline, r.arm, r.seed, r.place)))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: searching thousands of records for cycles takes half the time of reading them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _of_study(trials: Sequence[Recorded]) -> Iterator[Result]:
    records = [one.record for one in trials]
    texts = factor_values([FactorFacts(r.factors, r.config, r.searched, r.texts, r.block) for r in records])
    for one, factors in zip(trials, texts, strict=True):
        yield Result(
            study=one.record.study,
            arm=one.record.arm,
            is_baseline=one.record.is_baseline,
            factors=factors,
            seed=one.record.seed,
            fingerprint=one.record.fingerprint,
            summary=one.summary,
            run_id=one.run_id,
            directory=one.directory,
            stage=one.record.stage,
            code=tuple(f"{plugin.name} {plugin.digest}" for plugin in one.record.plugins),
            block=one.record.block,
        )


METRIC = "fid"  # what arms are ranked and compared by; lower is better
