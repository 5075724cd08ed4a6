"""What trials of an arm have cost already, by the wall seconds in their journals: what is on record is not measured."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Protocol

from ablations.execution.estimate import ArmCost
from ablations.results.summary import Summary
from ablations.results.summary_file import read_summary
from ablations.study.arm import Arm
from ablations.workspace.execution_record import ExecutionRecord, executions_of, read_execution
from ablations.workspace.find_run import study_folders
from ablations.workspace.trial_record import recorded_folders
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import Started
from gan_core.machine.resources import Resources
from gan_core.problems import UserError
from gan_core.training.timetable import total_steps

MOST_RUNS = 5  # of an arm that are read: more make the mean no better


def recorded_costs(
    arms: Sequence[Arm],
    trials: Sequence[Trial],
    left: Collection[str],
    runs: Path,
    resources: Resources,
    cluster: bool = False,
) -> dict[str, ArmCost]:
    """By name the arms whose cost is on record: in the study's own `trials`, or in another study under `runs`.

    An arm with trials `left` takes the times of this machine alone, on such a device and with as many threads, on a GPU
    with as many trials next to it; of one without any that took place is shown as it was. Runs of one configuration may
    differ in the seed. `cluster`: trials are to train on a cluster, so times of any machine count, on such a device and
    with as many threads.
    """
    own: dict[str, list[Path]] = {}
    for trial in trials:
        own.setdefault(trial.arm.name, []).append(trial.directory)
    here: _Conditions = _OnCluster(resources) if cluster else _Here(resources)
    found = {}
    elsewhere: Mapping[str, Sequence[Path]] | None = None
    for arm in arms:
        kept = _runs(arm, own.get(arm.name, ()), here if arm.name in left else None)
        if not kept:
            elsewhere = _by_configuration(runs) if elsewhere is None else elsewhere
            kept = _runs(arm, elsewhere.get(arm.config.fingerprint(), ()), here if arm.name in left else None)
        if kept:
            found[arm.name] = _cost(arm, kept)
    return found


class _Conditions(Protocol):
    def trained(self, folder: Path) -> bool: ...


class _OnCluster:
    """Whether a run was trained on such a device and with as many threads, on whatever machine."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def trained(self, folder: Path) -> bool:
        events = journal.read(folder)
        start = events[0] if events else None
        if not isinstance(start, Started) or start.threads != self._resources.threads:
            return False
        return start.device.partition(":")[0] in self._resources.devices


class _Here:
    """Whether a run was trained on this machine, under the conditions of the runs to come."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._executions: dict[Path, list[tuple[float, float]]] = {}  # of this machine, by study

    def trained(self, folder: Path) -> bool:
        events = journal.read(folder)
        start = events[0] if events else None
        if not isinstance(start, Started) or start.threads != self._resources.threads:
            return False
        if start.device not in self._resources.devices:
            return False
        root = folder.parents[1]
        if root not in self._executions:
            records = [read_execution(each) for each in executions_of(root)]
            ended = [(r, r.ended if r.ended is not None else float("inf")) for r in records]
            self._executions[root] = [
                (r.started, end) for r, end in ended if r.provenance.is_here and self._is_shared(r)
            ]
        return any(began <= start.time <= end for began, end in self._executions[root])

    def _is_shared(self, record: ExecutionRecord) -> bool:
        """Whether as many trials were next to each other on a GPU; on a CPU threads say enough."""
        if self._resources.devices == ("cpu",):
            return True
        here = (self._resources.workers, len(self._resources.devices))
        return (record.workers, len(record.devices)) == here


def _by_configuration(runs: Path) -> dict[str, list[Path]]:
    """The folders of the trials of all studies, by the fingerprint of their arm."""
    found: dict[str, list[Path]] = {}
    for root in study_folders(runs):
        try:
            arms = {arm.name: arm.fingerprint for arm in Workspace(root).record().arms}
            folders = recorded_folders(root / "trials")
        except (OSError, UserError):
            continue  # somebody else's
        for folder in folders:
            if (fingerprint := arms.get(folder.name.rpartition("-seed")[0])) is not None:
                found.setdefault(fingerprint, []).append(folder)
    return found


def _runs(arm: Arm, folders: Sequence[Path], here: _Conditions | None) -> list[Summary]:
    """The runs that tell the arm's cost, at most MOST_RUNS: finished ones, else (`here` is None) any that ended."""
    ended = list(_ended(folders, here))
    finished = [summary for summary in ended if summary.status == "finished"]
    return (finished or ([] if here is not None else ended))[:MOST_RUNS]


def _ended(folders: Sequence[Path], here: _Conditions | None) -> Iterator[Summary]:
    found = 0
    for folder in folders:
        try:
            summary = read_summary(folder)
            if summary.status in ("failed", "unfinished") or not summary.wall_s or not summary.kimg:
                continue
            if here is not None and not here.trained(folder):
                continue
        except (OSError, UserError):
            continue  # somebody else's
        yield summary
        found += summary.status == "finished"
        if found == MOST_RUNS:
            return


def _cost(arm: Arm, runs: Sequence[Summary]) -> ArmCost:
    """The mean over runs. One that ended early counts as if it had gone on like that to the end of its budget."""
    budget = float(arm.config.budget_kimg)
    whole = [max(1.0, budget / run.kimg) if run.status != "finished" and run.kimg else 1.0 for run in runs]
    scoring = [run.evaluation_s or 0.0 for run in runs]
    training = [(run.wall_s or 0.0) - seconds for run, seconds in zip(runs, scoring, strict=True)]
    return ArmCost(
        arm=arm.name,
        steps=total_steps(arm.config),
        training_s=fmean(seconds * times for seconds, times in zip(training, whole, strict=True)),
        scoring_s=fmean(seconds * times for seconds, times in zip(scoring, whole, strict=True)),
        recorded_runs=len(runs),
        kinds=tuple(dict.fromkeys(run.ran_on for run in runs if run.ran_on)),
    )
