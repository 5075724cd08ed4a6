"""What a study will take of a cluster, in words."""

import math
import shlex
from collections.abc import Iterator

from ablations.plan import Plan
from ablations.plan_cluster import ClusterPlan
from ablations.terminal.console import duration
from ablations.terminal.plan_words import counted

TITLE = {"slurm": "SLURM", "ray": "Ray"}
SMALL, LARGE = 1, 10  # hours: below with two digits, above without decimals


def cluster_lines(plan: Plan, time_left: str) -> Iterator[str]:
    """How many jobs, how many hours of nodes and how long; `time_left`: the plan's words for the last."""
    cluster = plan.cluster
    assert cluster is not None
    if cluster.node_hours == 0:
        yield f"{TITLE[cluster.executor]}: nothing is left to train"
        return
    if math.isnan(cluster.node_hours):
        yield _places(cluster)
        like = f"on {_device(cluster)} with {counted(cluster.needs.cpus, 'thread')}"
        yield (
            f"node hours are not known: no finished runs like these are here, {like}, and {cluster.unknown}. To know, "
            f"train one trial: `{_command(plan)}` stops after an hour; a later `run` goes on with all that it has, and "
            "`plan` goes by what the trial took"
        )
        return
    yield f"{_places(cluster)}: {time_left}, once they have begun"
    gpus = f", {hours(cluster.gpu_hours)} of GPUs" if cluster.needs.gpus else ""
    may_be_fewer = plan.trials_to_come > 0 or plan.study.looks.stop == "decided"
    several = f"{cluster.side_by_side} trials side by side take" if cluster.side_by_side > 1 else "a trial takes"
    yield (
        f"in all {'at most' if may_be_fewer else 'about'} {hours(cluster.node_hours)} of nodes{gpus}, "
        f"{hours(cluster.cpu_hours)} of CPU cores; a node is what {several}"
    )
    if cluster.executor == "slurm":
        yield _fits(cluster)


def hours(number: float) -> str:
    """'0.025 hours', '3.4 hours', '120 hours'."""
    text = f"{number:.2g}" if number < SMALL else f"{number:.1f}" if number < LARGE else f"{number:.0f}"
    return f"{text} hour{'' if text == '1' else 's'}"


def _places(cluster: ClusterPlan) -> str:
    title = TITLE[cluster.executor]
    cores = counted(cluster.needs.cpus, "CPU core")
    needs = f"{_device(cluster)} and {cores} a trial" if cluster.needs.gpus else f"{cores} a trial"
    if cluster.executor == "ray":
        return f"{title}: {counted(cluster.at_once, 'trial')} at a time, {needs}"
    each = f", {cluster.side_by_side} trials side by side in each" if cluster.side_by_side > 1 else ""
    return f"{title}: {counted(cluster.nodes, 'job')} at a time{each}, {needs}"


def _device(cluster: ClusterPlan) -> str:
    needs = cluster.needs
    if not needs.gpus:
        return "CPUs"
    kind = f" of type {needs.accelerator}" if needs.accelerator else ""
    return f"{needs.gpus:g} GPU{'' if needs.gpus <= 1 else 's'}{kind}"


def _fits(cluster: ClusterPlan) -> str:
    longest = f"the longest trial takes about {duration(cluster.longest_s)}"
    if cluster.needs.time is None:
        return f"{longest}; no time limit of a job is given (--cluster time=...), so that of the partition holds"
    limit = f"the time limit of a job, {duration(cluster.needs.time)}"
    if cluster.jobs_a_trial == 1:
        return f"{longest}, which fits into {limit}"
    return f"{longest}, more than {limit}: it goes on in the next one, {cluster.jobs_a_trial} jobs in all"


def _command(plan: Plan) -> str:
    """A run of the study that trains a trial at a time, for an hour at most."""
    assert plan.cluster is not None
    path = shlex.quote(str(plan.study.path))
    return f"python -m ablations run {path} --executor {plan.cluster.executor} ... --workers 1 --hours 1"
