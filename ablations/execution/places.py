"""The places for a study's trials: how many, where, with how many threads."""

import math
from dataclasses import replace
from pathlib import Path

from ablations.execution.options import ExecutionOptions
from ablations.executors.choose import places_told
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.names import ELSEWHERE, ExecutorName
from ablations.study.cluster import MOST_JOBS, ClusterNeeds
from ablations.study.study import Study
from ablations.workspace.identity import own_identity
from gan_core.config.gpu_memory import gpu_memory
from gan_core.machine.resources import Resources, share


def elsewhere_of(study: str, root: Path, options: ExecutionOptions) -> Elsewhere:
    """What executors that train on other machines have to know of this study, in the folder `root`."""
    files = options.files
    if files is not None:  # others may have theirs there too, with trials of the same names
        files = f"{files.rstrip('/')}/{study}-{own_identity(root).id[:8]}"
    return Elsewhere(study, root, options.cluster, files, options.ray_address, options.system_metrics, options.patience)


def resources_for(study: Study, options: ExecutionOptions, asked: Elsewhere, has_work: bool) -> Resources:
    """The places of an execution. `has_work`: whether there is anything to train, for which a cluster is asked.

    Raises UserError where it does not answer, or has no place for any trial.
    """
    if options.executor not in ELSEWHERE:
        return resources_of(study, options.workers, options.threads, options.device)
    if has_work:
        return resources_there(options.executor, asked, study.most_trials)
    return resources_elsewhere(options.executor, options.cluster, study.most_trials)


def resources_of(study: Study, workers: int | None, threads: int | None, device: str | None) -> Resources:
    """See `share`. On a GPU the study's largest arm counts; of a search, whose arms are not known yet, the baseline."""
    return share(study.most_trials, workers, threads, device, lambda: gpu_memory(arm.config for arm in study.arms))


def resources_elsewhere(executor: str, needs: ClusterNeeds, trials: int) -> Resources:
    """The places that so many trials have on a cluster, if it gives all that is asked for; this machine counts nothing.

    With SLURM `needs.workers` counts jobs, in each of which as many trials run as share a GPU; with Ray it counts
    trials, and without it there are as many places as trials: its nodes are not asked.
    """
    if executor == "slurm":
        jobs = min(needs.workers or MOST_JOBS, math.ceil(trials / needs.trials_a_gpu))
        at_most = jobs * needs.trials_a_gpu
    else:
        at_most = needs.workers or trials
    return Resources(max(1, min(at_most, trials)), needs.cpus, (needs.device,))


def resources_there(executor: ExecutorName, asked: Elsewhere, trials: int) -> Resources:
    """The places that so many trials have on the cluster, which is asked for them, where it can tell.

    Raises UserError where it does not answer, or has no place for any trial.
    """
    wanted = resources_elsewhere(executor, asked.needs, trials)
    places, why = places_told(executor, asked)
    return replace(wanted, workers=wanted.workers if places is None else max(1, min(wanted.workers, places)), why=why)
