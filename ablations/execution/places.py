"""The places for a study's trials on this machine: how many, where, with how many threads."""

from ablations.study.study import Study
from gan_core.config.gpu_memory import gpu_memory
from gan_core.machine.resources import Resources, share


def resources_of(study: Study, workers: int | None, threads: int | None, device: str | None) -> Resources:
    """See `share`. On a GPU the study's largest arm counts; of a search, whose arms are not known yet, the baseline."""
    return share(study.most_trials, workers, threads, device, lambda: gpu_memory(arm.config for arm in study.arms))
