"""The images that a run is trained on: how its settings describe them, and whether the run can use them."""

from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path

from gan_core import datasets
from gan_core.config.compatibility import channels_problem, extractors_of
from gan_core.config.labels import no_labels, scores_of
from gan_core.datasets import ImageSet, Options
from gan_core.datasets.folder_listing import LOOSE, listing_of
from gan_core.datasets.record import OnProgress
from gan_core.evaluation.by_class import class_problems, rare_problems
from gan_core.evaluation.extractors import find_here
from gan_core.machine.home import expanded
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config


def load(config: Config, home: Path, on_progress: OnProgress | None = None, digest: str | None = None) -> ImageSet:
    """The run's images, prepared the first time. Raises UserError where they can't be had, or can't be used.

    `digest`: that of the images it is meant for. A set of this digest that is prepared under `home` is opened without a
    look at the files that it was made from; else they are read, and have to lead to this digest. None: whatever there
    are.
    """
    images = None if digest is None else _by_digest(config, home, digest)
    if images is None:
        images = _from_source(config, home, on_progress, digest)
    check(config, images, home)
    return images


def load_if_prepared(config: Config, home: Path) -> ImageSet | None:
    """The run's images where they are prepared under `home`, else None. Raises UserError as `load` does."""
    images = datasets.load_if_prepared(config.data, "train", config.image_size, home, options(config))
    if images is not None:
        check(config, images, home)
    return images


def other_images(config: Config, then: str, now: str) -> Problem:
    """The images of a run are not those that it is meant for; both by their digests."""
    message = f"the images are not those that this run began with: {then} then, {now} now"
    return Problem(message, _where(config), "the same images, or a run of its own in another folder")


def _by_digest(config: Config, home: Path, digest: str) -> ImageSet | None:
    images = datasets.find_prepared(home, config.data, "train", digest, skip_broken=config.skip_broken)
    if images is None or images.images.shape[2:] != config.shape:
        return None
    return replace(images, classes=images.classes or datasets.find(config.data).classes)


def _from_source(config: Config, home: Path, on_progress: OnProgress | None, digest: str | None) -> ImageSet:
    try:
        check_labels(config)
        images = datasets.load(
            config.data, "train", config.image_size, home, options=options(config), on_progress=on_progress
        )
    except UserError as error:
        if digest is None:
            raise
        message = f"no copy of these images that could be taken instead, of digest {digest}, is in {home / 'prepared'}"
        raise UserError(*error.problems, Problem(message, _where(config))) from error
    if digest is not None and images.digest != digest:
        raise UserError(other_images(config, digest, images.digest))
    return images


def _where(config: Config) -> tuple[str]:
    return ("data_dir",) if config.data_dir else ("data",)


def check(config: Config, images: ImageSet, home: Path) -> None:
    """Raise UserError where this run can't use these images: too few of them, or not for its extractors."""
    problems = []
    if config.max_images is not None and config.max_images > len(images):
        message = f"{config.max_images} is more than the {len(images)} images of {images.name}"
        problems.append(Problem(message, ("max_images",), allowed=f"at most {len(images)}; without it all of them"))
    if len(images) < config.batch_size:
        message = f"a batch of {config.batch_size} is more than the {len(images)} images of {images.name}"
        problems.append(Problem(message, ("batch_size",), allowed=f"at most {len(images)}"))
    for name in extractors_of(config):
        if problem := channels_problem(name, images.name, images.channels, home):
            problems.append(problem)
    if config.conditional:
        problems += labels_problems(config, images, home)
    if problems:
        raise UserError(*problems)


def check_labels(config: Config) -> None:
    """Raise UserError where a folder of a conditional run has no classes, before its files are read."""
    if not config.conditional or config.data_dir is None:
        return
    if problem := _classes_problem(config, listing_of(expanded(Path(config.data_dir)).absolute()).classes):
        raise UserError(problem)


def _classes_problem(config: Config, classes: tuple[str, ...]) -> Problem | None:
    if len(classes) < 2:
        return no_labels(config.data)
    if LOOSE in classes:
        message = "some images lie in no subfolder, and so have no class"
        return Problem(message, ("conditional",), "a subfolder for each class")
    return None


def labels_problems(config: Config, images: ImageSet, home: Path) -> list[Problem]:
    """What is wrong with the labels of the images of a conditional run."""
    if problem := _classes_problem(config, images.classes):
        return [problem]
    return [
        problem
        for where, extractor, metrics, n in scores_of(config)
        for problem in class_problems(metrics, images.classes, find_here(extractor, home), n, where)
        or rare_problems(metrics, images, n, where)
    ]


def options(config: Config) -> Options:
    """How the run wants its data."""
    folder = None if config.data_dir is None else Path(config.data_dir)
    return Options(config.fit, folder, config.skip_broken)


def folder_of(key: tuple[Hashable, ...]) -> Path | None:
    """The folder of images that a key names; None for other data sets."""
    *_, own = key
    return own.folder if isinstance(own, Options) else None


def key(config: Config) -> tuple[Hashable, ...]:
    """A key that is equal for runs with the same data set, of which `max_images` may leave each another part."""
    return (config.data, config.image_size, options(config))
