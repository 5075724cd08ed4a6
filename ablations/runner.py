"""The parent's loop: Optuna's next trial -> executor -> journal (in the child) -> Optuna's ledger and the tracker."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ablations.executors.report import Executor, Job, Report
from ablations.trials import Trial
from gan_core.events import Finished
from gan_core.versions import code_digest

if TYPE_CHECKING:
    from ablations.search import Ledger


class Tracker(Protocol):
    """Who is told that a trial's journal has grown. It reads the journal itself, and never blocks."""

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """`ended`: for the last time."""
        ...

    def lost(self, trial: Trial) -> None:
        """Its process has died without a word."""
        ...


def run_trials(
    ledger: "Ledger",
    executor: Executor,
    tracker: Tracker,
    home: Path,
    stop: Callable[[], bool],
    system_metrics: bool = True,
) -> Generator[Report, None, None]:
    """Run what the ledger hands out, to the end or until `stop()`; every report after it has been entered.

    A generator: whatever ends it, an exception too, lets the running trials save and end first.
    """
    begun: dict[str, Trial] = {}

    def jobs() -> Iterator[Job]:
        for trial in ledger.next_trials():
            trial.write_record(code_digest())
            begun[trial.name] = trial
            yield Job(trial.name, trial.config.plain(), trial.directory, home, system_metrics)

    with closing(executor.run(jobs(), stop)) as reports:
        for report in reports:
            ledger.enter(report)
            if report.has_died:
                tracker.lost(begun[report.name])
            tracker.notify(begun[report.name], ended=report.event is None or isinstance(report.event, Finished))
            yield report
