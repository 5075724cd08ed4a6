"""Before any trial trains: all images are ready and usable for every trial, and the extractors have their weights."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path

from ablations.execution.progress import OnStep
from ablations.workspace.trials import Trial
from gan_core.config.compatibility import extractors_of
from gan_core.datasets import ImageSet
from gan_core.evaluation.extractors.supply import supply
from gan_core.events import AnyEvent, Started
from gan_core.problems import Problem, UserError
from gan_core.training import training_data

ALLOWED = (
    "the same images (a relative path starts from the directory of the command), or --as NEWNAME for a study of its own"
)


def prepare_data(trials: Iterable[Trial], home: Path, on_step: OnStep) -> dict[tuple[Hashable, ...], str]:
    """Prepare the images of these trials; returns their digests, by `training_data.key`.

    Raises UserError where they can't be had, or can't be used for a trial.
    """
    ready: dict[tuple[Hashable, ...], ImageSet] = {}
    for config in (trial.config for trial in trials):
        key = training_data.key(config)
        if key in ready:
            training_data.check(config, ready[key], home)
            continue
        name = config.data_dir or config.data
        on_step(f"data: {name}")

        def count(what: str, done: int, total: int, name: str = name) -> None:
            on_step(f"data: {name}: {what}", done / total if total else None)

        ready[key] = training_data.load(config, home, count)
        for note in ready[key].notes:
            on_step(f"data: {name}: {note}")
    return {key: images.digest for key, images in ready.items()}


def prepared_images(trials: Iterable[Trial], home: Path) -> dict[tuple[Hashable, ...], str]:
    """The digests of these trials' images, by `training_data.key`, where they are prepared under `home`.

    Nothing is downloaded, decoded or drawn. Raises UserError where they can't be used for a trial.
    """
    ready: dict[tuple[Hashable, ...], ImageSet | None] = {}
    for config in (trial.config for trial in trials):
        key = training_data.key(config)
        images = ready[key] = ready[key] if key in ready else training_data.load_if_prepared(config, home)
        if images is not None:
            training_data.check(config, images, home)
    return {key: images.digest for key, images in ready.items() if images is not None}


def begun_images(
    trials: Iterable[Trial], journals: Mapping[str, Sequence[AnyEvent]]
) -> dict[tuple[Hashable, ...], dict[str, list[str]]]:
    """By `training_data.key` the digests that trials began with, and the names of these trials."""
    begun: dict[tuple[Hashable, ...], dict[str, list[str]]] = {}
    for trial in trials:
        for event in journals[trial.name][:1]:
            if isinstance(event, Started):
                of_key = begun.setdefault(training_data.key(trial.config), {})
                of_key.setdefault(event.data_digest, []).append(trial.name)
    return begun


def refuse_other_images(
    trials: Iterable[Trial],
    journals: Mapping[str, Sequence[AnyEvent]],
    digests: Mapping[tuple[Hashable, ...], str],
) -> None:
    """Raise UserError where the images of what is to be trained differ from those that the study's trials began with.

    A folder may have got more images since, or a relative path may mean another folder from here. One table never
    holds trials that were trained on different images.
    """
    problems = []
    for key, by_digest in begun_images(trials, journals).items():
        for digest, names in by_digest.items():
            if digest != digests.get(key, digest):
                folder = training_data.folder_of(key)
                what = f"the images of {folder.absolute()}" if folder else f"the images of {key[0]}"
                message = (
                    f"{what} are not those that {len(names)} trial(s) of this study were trained on, "
                    f"{names[0]} the first: {digest} then, {digests[key]} now"
                )
                problems.append(Problem(message, ("data_dir",) if folder else ("data",), ALLOWED))
    if problems:
        raise UserError(*problems)


def prepare_weights(trials: Iterable[Trial], home: Path, given: Path | None, on_step: OnStep) -> None:
    """Bring the weights of all extractors of these trials onto this machine.

    Raises UserError where they can't be had.
    """
    names = dict.fromkeys(name for trial in trials for name in extractors_of(trial.config))
    supply(names, home, given, lambda what, done, total: on_step(f"weights: {what}", done / total))
