"""Before any trial trains: all images are ready and usable for every trial, and the extractors have their weights."""

from collections.abc import Hashable, Iterable
from pathlib import Path

from ablations.execution.progress import OnStep
from ablations.workspace.trials import Trial
from gan_core.config.compatibility import extractors_of
from gan_core.datasets import ImageSet
from gan_core.evaluation.extractors.supply import supply
from gan_core.training import training_data


def prepare_data(trials: Iterable[Trial], home: Path, on_step: OnStep) -> dict[tuple[Hashable, ...], str]:
    """Prepare the images of these trials; returns their digests, by `training_data.key`.

    Raises UserError where they can't be had, or can't be used for a trial.
    """
    ready: dict[tuple[Hashable, ...], ImageSet] = {}
    for config in (trial.config for trial in trials):
        key = training_data.key(config)
        if key in ready:
            training_data.check(config, ready[key])
            continue
        name = config.data_dir or config.data
        on_step(f"data: {name}")

        def count(what: str, done: int, total: int, name: str = name) -> None:
            on_step(f"data: {name}: {what}", done / total if total else None)

        ready[key] = training_data.load(config, home, count)
        for note in ready[key].notes:
            on_step(f"data: {name}: {note}")
    return {key: images.digest for key, images in ready.items()}


def prepare_weights(trials: Iterable[Trial], home: Path, given: Path | None, on_step: OnStep) -> None:
    """Bring the weights of all extractors of these trials onto this machine.

    Raises UserError where they can't be had.
    """
    names = dict.fromkeys(name for trial in trials for name in extractors_of(trial.config))
    supply(names, home, given, lambda what, done, total: on_step(f"weights: {what}", done / total))
