"""The images that a run is trained on: how its settings describe them, and whether the run can use them."""

from collections.abc import Hashable
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


def load(config: Config, home: Path, on_progress: OnProgress | None = None) -> ImageSet:
    """The run's images, prepared the first time. Raises UserError where they can't be had, or can't be used."""
    check_labels(config)
    images = datasets.load(
        config.data, "train", config.image_size, home, options=options(config), on_progress=on_progress
    )
    check(config, images, home)
    return images


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
