"""What a conditional run and scores by class need of the data and of each other, as far as it is known beforehand."""

from collections.abc import Collection, Iterator

from gan_core.datasets import DATASETS
from gan_core.evaluation import extractors
from gan_core.evaluation.by_class import class_problems
from gan_core.nets import ARCHITECTURES, CONDITIONINGS_D
from gan_core.problems import Problem
from gan_core.schema.configuration import Config

DETAILS = ("conditioning_g", "conditioning_d", "auxiliary_weight")  # of a conditional run


def label_problems(config: Config) -> list[Problem]:
    """Data without classes, and metrics that compare class by class where there is nothing to compare."""
    classes = DATASETS[config.data].classes
    if config.conditional and len(classes) == 1:
        return [no_labels(config.data)]
    if config.conditional and not ARCHITECTURES[config.architecture].has_blocks:
        message = f"{config.architecture} is a pair of plain modules, whose layers can't be told a class"
        return [Problem(message, ("conditional",), "an architecture with blocks, such as dcgan")]
    return [
        problem
        for where, extractor, metrics, n in scores_of(config)
        for problem in class_problems(
            metrics, classes if config.conditional else None, extractors.find(extractor), n, where
        )
    ]


def scores_of(config: Config) -> Iterator[tuple[str, str, tuple[str, ...], int]]:
    """The setting, extractor, metrics and number of fakes of the scores at the end and on the way, where there are."""
    on_the_way = config.progress_extractor or config.extractor
    for where, extractor, metrics, n in (
        ("metrics", config.extractor, config.metrics, config.full_samples),
        ("progress_metrics", on_the_way, config.progress_metrics, config.progress_samples),
    ):
        if extractor != extractors.NONE:
            yield where, extractor, metrics, n


def no_labels(data: str) -> Problem:
    """The problem of data that have no classes."""
    named = [name for name, data_set in DATASETS.items() if len(data_set.classes) > 1]
    message = f"the images of {data} have no labels, or all the same one"
    return Problem(message, ("conditional",), f"{', '.join(named)}, or a folder with a subfolder for each class")


def idle_conditioning(config: Config, named: Collection[str]) -> list[Problem]:
    """The problems of settings that were named for a conditional run, and have no effect.

    A setting at its default is no problem, because the plain form of a configuration names all of them.
    """
    problems = []
    for name in DETAILS:
        if name not in named or getattr(config, name) == Config.model_fields[name].default:
            continue
        if not config.conditional:
            problems.append(Problem("has no effect without `conditional: true`", (name,)))
        elif name == "auxiliary_weight" and not CONDITIONINGS_D[config.conditioning_d].classifies:
            problems.append(Problem("has no effect without `conditioning_d: auxiliary`", (name,)))
    return problems
