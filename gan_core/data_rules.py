"""Which settings about data belong together, as far as can be said before any file is looked at."""

from typing import TYPE_CHECKING

from gan_core.datasets import DATASETS
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.evaluation.extractors import EXTRACTORS, NONE, find
from gan_core.problems import Problem

if TYPE_CHECKING:
    from gan_core.config import Config


def data_problems(config: "Config") -> list[Problem]:
    """What is wrong with a configuration's data settings. Each stands at a setting that was given."""
    problems = []
    if config.data == FOLDER and config.data_dir is None:
        problems.append(Problem(f"{FOLDER!r} needs data_dir, the folder with the images", ("data",)))
    if config.data != FOLDER:
        given = {"data_dir": config.data_dir is not None, "skip_broken": config.skip_broken}
        problems += [Problem(f"is for `data: {FOLDER}` only", (name,)) for name, is_given in given.items() if is_given]
    channels = DATASETS[config.data].channels
    if channels is not None and (problem := channels_problem(config.extractor, config.data, channels)):
        problems.append(problem if "extractor" in config.model_fields_set else _at_data(problem))
    on_the_way = config.progress_extractor
    if channels is not None and on_the_way is not None:
        problem = channels_problem(on_the_way, config.data, channels)
        problems += [Problem(problem.message, ("progress_extractor",), problem.allowed)] if problem else []
    return problems


def channels_problem(extractor: str, data: str, channels: int) -> Problem | None:
    """An extractor that can't see images of so many channels."""
    if extractor == NONE or find(extractor).sees(channels):
        return None
    kinds = {1: "grey", 3: "colour"}
    seen = find(extractor).channels
    message = f"{extractor} scores {kinds[seen]} images, those of {data} are {kinds[channels]}"
    others = [name for name, other in EXTRACTORS.items() if other.sees(channels)]
    allowed = ", ".join([*others, f"`extractor: {NONE}` for a run without scores"])
    return Problem(message, ("extractor",), allowed=allowed)


def _at_data(problem: Problem) -> Problem:
    return Problem(problem.message, ("data",), allowed=problem.allowed)
