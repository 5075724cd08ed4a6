"""The parent's loop: Optuna's next trial -> executor -> journal (in the child) -> Optuna's ledger and the tracker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from ablations.executors.report import Executor, Job, Report
from ablations.search import Ledger
from ablations.trials import Trial

STOPPED = "stopped"


class Tracker(Protocol):
    """Who is told that a trial's journal has grown. It reads the journal itself, and never blocks."""

    def notify(self, trial: Trial) -> None: ...


def run_trials(
    ledger: Ledger, executor: Executor, tracker: Tracker, home: Path, stop: Callable[[], bool]
) -> Iterator[Report]:
    """Run what the ledger hands out, to the end or until `stop()`; every report after it has been entered."""
    begun: dict[str, Trial] = {}

    def jobs() -> Iterator[Job]:
        for trial in ledger.next_trials():
            trial.write_record()
            begun[trial.name] = trial
            yield Job(trial.name, trial.config.plain(), trial.directory, home)

    for report in executor.run(jobs(), stop):
        if report.event is not None:
            ledger.note(report.name, report.event)
        elif report.left != STOPPED:
            ledger.fail(report.name, report.left)
        tracker.notify(begun[report.name])
        yield report
