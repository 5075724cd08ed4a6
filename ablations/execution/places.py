"""The places for a study's trials: how many, where, with how many threads."""

from ablations.study.cluster import ClusterNeeds
from ablations.study.study import Study
from gan_core.config.gpu_memory import gpu_memory
from gan_core.machine.resources import Resources, share


def resources_of(study: Study, workers: int | None, threads: int | None, device: str | None) -> Resources:
    """See `share`. On a GPU the study's largest arm counts; of a search, whose arms are not known yet, the baseline."""
    return share(study.most_trials, workers, threads, device, lambda: gpu_memory(arm.config for arm in study.arms))


def resources_elsewhere(study: Study, needs: ClusterNeeds) -> Resources:
    """The places on other machines, of which this one is not asked: at most as many as the user wants, or as there are
    trials. `needs.workers` counts machines' places, in each of which as many trials run as share a GPU.
    """
    at_most = needs.workers * needs.trials_a_gpu if needs.workers is not None else study.most_trials
    return Resources(max(1, min(at_most, study.most_trials)), needs.cpus, (needs.device,))
