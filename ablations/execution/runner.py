"""The parent's loop: Optuna's next trial -> executor -> journal (in the child) -> Optuna's ledger and the tracker."""

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ablations.executors.executor import Executor
from ablations.tracking.tracker import Tracker
from ablations.workspace.trials import Trial
from gan_core.events import Finished
from gan_core.machine.versions import code_digest
from gan_core.plugins.loaded import sources_of
from gan_core.training import training_data
from gan_core.workers.ending import ended
from gan_core.workers.job import STOPPED, Job, Report

if TYPE_CHECKING:
    from ablations.search.explorer import Explorer
    from ablations.search.ledger import Ledger


NO_DIGESTS: Mapping[tuple[Hashable, ...], str] = MappingProxyType({})


def run_trials(
    ledger: "Ledger | Explorer",
    executor: Executor,
    tracker: Tracker,
    home: Path,
    stop: Callable[[], bool],
    data_digests: Mapping[tuple[Hashable, ...], str] = NO_DIGESTS,
) -> Generator[Report, None, None]:
    """Run the trials that the ledger hands out, to the end or until `stop()`; yields every report once it is entered.

    `data_digests`: of the images that the trials are meant for, by `training_data.key`.

    A generator: whatever ends it, an exception too, lets the running trials save and end first.
    """
    begun: dict[str, Trial] = {}
    given_up: dict[str, str] = {}

    def jobs() -> Iterator[Job]:
        for trial in ledger.next_trials():
            trial.write_record(code_digest())
            begun[trial.name] = trial
            digest = data_digests.get(training_data.key(trial.config))
            plugins = sources_of(trial.config.use)
            yield Job(trial.name, trial.config.plain(), trial.directory, home, digest, plugins)

    with closing(executor.run(jobs(), stop)) as reports:
        for reported in reports:
            why = given_up.get(reported.name, "")
            report = _pruned(begun[reported.name], why) if why and reported.left == STOPPED else reported
            ledger.enter(report)
            if not why and (why := ledger.gives_up(report.name)):
                given_up[report.name] = why
                executor.halt(report.name)
            if report.has_died:
                tracker.lost(begun[report.name])
            tracker.notify(begun[report.name], ended=report.has_left or isinstance(report.event, Finished))
            yield report


def _pruned(trial: Trial, why: str) -> Report:
    """The end of a trial that was given up and has left its place: the parent writes it, since the child is gone."""
    return Report(trial.name, ended(trial.directory, "pruned", why))
