"""Scores by class: what metrics that compare class by class need, and what is wrong where they can't have it.

The class of a fake is the one that G was to draw; that of a real is its label.
"""

from collections.abc import Sequence

from gan_core.evaluation.extractors import Extractor
from gan_core.evaluation.metrics import find
from gan_core.problems import Problem

SHOWN = 12  # classes named in a message
EXPECTED = 100  # fakes a class on the average, so that hardly any class has fewer than the fewest


def class_problems(
    metrics: Sequence[str],
    classes: tuple[str, ...] | None,
    extractor: Extractor,
    n_fake: int | None = None,
    where: str = "metrics",
) -> list[Problem]:
    """One for each of these metrics that can't be measured.

    `classes`: the names of those that G is to draw; None where it is told of none, () where they aren't known yet.
    `n_fake`: how many fakes, None where that is known to be enough.
    """
    wanted = [metric for metric in find(tuple(metrics)) if metric.needs_labels]
    if not wanted:
        return []
    names = ", ".join(metric.name for metric in wanted)
    if classes is None:
        message = f"{names}: a score by class needs a G that is told which class to draw"
        return [Problem(message, (where,), "`conditional: true`, on data with labels, or the metric only beside that")]
    problems = []
    by_features = [metric.name for metric in wanted if metric.reads == "features"]
    if by_features and n_fake is not None and n_fake < EXPECTED * len(classes):
        message = f"{', '.join(by_features)}: {n_fake} fakes are too few for {len(classes)} classes"
        problems.append(Problem(message, (where,), f"at least {EXPECTED * len(classes)}: {EXPECTED} a class"))
    by_answers = [metric.name for metric in wanted if metric.reads == "logits"]
    if by_answers and classes and extractor.class_names != classes and not _may_tell(extractor, classes):
        tells = _listed(extractor.class_names) if extractor.class_names else "others"
        message = f"{', '.join(by_answers)}: {extractor.name} tells {tells}, the classes of the data are"
        allowed = "an extractor that was trained on these classes"
        problems.append(Problem(f"{message} {_listed(classes)}", (where,), allowed))
    return problems


def _may_tell(extractor: Extractor, classes: tuple[str, ...]) -> bool:
    """Whether it is not known yet which classes it tells: some say so in a file that is found later."""
    return extractor.weights is None and not extractor.class_names and extractor.classes <= len(classes)


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
