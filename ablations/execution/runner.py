"""The parent's loop: Optuna's next trial -> executor -> journal (in the child) -> Optuna's ledger and the tracker."""

from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.executors.executor import Executor
from ablations.tracking.tracker import Tracker
from ablations.workspace.trials import Trial
from gan_core.events import End, Finished, Started
from gan_core.machine.versions import code_digest
from gan_core.plugins.loaded import sources_of
from gan_core.problems import UserError
from gan_core.training import training_data
from gan_core.workers.ending import ended
from gan_core.workers.job import STOPPED, Job, Report

if TYPE_CHECKING:
    from ablations.search.explorer import Explorer
    from ablations.search.ledger import Ledger


def run_trials(
    ledger: "Ledger | Explorer",
    executor: Executor,
    tracker: Tracker,
    home: Path,
    stop: Callable[[], bool],
    data_digests: dict[tuple[Hashable, ...], str] | None = None,
) -> Generator[Report, None, None]:
    """Run the trials that the ledger hands out, to the end or until `stop()`; yields every report once it is entered.

    `data_digests`: of the images that the trials are meant for, by `training_data.key`. What is not known beforehand is
    entered there when the first trial of a data set starts, and later ones are held to it.

    A generator: whatever ends it, an exception too, lets the running trials save and end first.
    """
    begun: dict[str, Trial] = {}
    given_up: dict[str, tuple[End, str]] = {}
    digests = {} if data_digests is None else data_digests
    unheld: set[str] = set()  # trials that were handed out before anybody knew their images

    def jobs() -> Iterator[Job]:
        for trial in ledger.next_trials():
            trial.write_record(code_digest())
            begun[trial.name] = trial
            digest = digests.get(training_data.key(trial.config))
            if digest is None:
                unheld.add(trial.name)
            plugins = sources_of(trial.config.use)
            yield Job(trial.name, trial.config.plain(), trial.directory, home, digest, plugins)

    def reason(report: Report) -> tuple[End, str] | None:
        """How a trial ends, and why, where it is not to go on."""
        if report.name in unheld and (why := _other_images(report, begun[report.name], digests)):
            return "failed", why
        why = ledger.gives_up(report.name)
        return ("pruned", why) if why else None

    with closing(executor.run(jobs(), stop)) as reports:
        for reported in reports:
            given = given_up.get(reported.name)
            report = _given_up(begun[reported.name], *given) if given and reported.left == STOPPED else reported
            ledger.enter(report)
            if given is None and (given := reason(report)):
                given_up[report.name] = given
                executor.halt(report.name)
            if report.has_died:
                tracker.lost(begun[report.name])
            tracker.notify(begun[report.name], ended=report.has_left or isinstance(report.event, Finished))
            yield report


def _other_images(report: Report, trial: Trial, digests: dict[tuple[Hashable, ...], str]) -> str:
    """Enter the images that a trial has started with; why it does not go on where another one began with others."""
    if not isinstance(report.event, Started):
        return ""
    now = report.event.data_digest
    then = digests.setdefault(training_data.key(trial.config), now)
    return "" if then == now else str(UserError(training_data.other_images(trial.config, then, now)))


def _given_up(trial: Trial, status: End, why: str) -> Report:
    """The end of a trial that was given up and has left its place: the parent writes it, since the child is gone."""
    return Report(trial.name, ended(trial.directory, status, why))
