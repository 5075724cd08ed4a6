"""Which settings about scores belong together, as far as can be said before anything is loaded."""

from typing import TYPE_CHECKING

from gan_core.evaluation import extractors
from gan_core.evaluation.logits import logits_problems
from gan_core.problems import Problem

if TYPE_CHECKING:
    from gan_core.config import Config


def extractors_of(config: "Config") -> tuple[str, ...]:
    """The names of the extractors that a run asks for, `none` left out."""
    names = (config.extractor, config.progress_extractor or config.extractor)
    return tuple(name for name in dict.fromkeys(names) if name != extractors.NONE)


def score_problems(config: "Config") -> list[Problem]:
    """What is wrong with a configuration's extractors and metrics."""
    on_the_way = config.progress_extractor or config.extractor
    asked = (
        ("metrics", config.extractor, config.metrics),
        ("progress_metrics", on_the_way, config.progress_metrics),
    )
    return [
        problem
        for where, extractor, metrics in asked
        if extractor != extractors.NONE
        for problem in logits_problems(extractors.find(extractor), metrics, where)
    ]
