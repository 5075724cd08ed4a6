"""Scores by class: what metrics that compare class by class need, and what is wrong where they can't have it.

The class of a fake is the one that G was to draw; that of a real is its label.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from gan_core.datasets.record import ImageSet
from gan_core.evaluation.extractors import Extractor
from gan_core.evaluation.metrics import find
from gan_core.evaluation.metrics.class_fid import FEWEST
from gan_core.problems import Problem

SHOWN = 12  # classes named in a message
EXPECTED = 100  # fakes a class on the average, so that hardly any class has fewer than the fewest
OF_THE_RAREST = 80  # expected: of so many, fewer than the fewest are drawn once in 3000 times


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


def rare_problems(metrics: Sequence[str], images: ImageSet, n_fake: int, where: str = "metrics") -> list[Problem]:
    """One where a class of the real images has too few of them, or so small a part that too few fakes would be of it.

    `images`: the real images, with labels; fakes are of their classes as often as they are.
    """
    names = ", ".join(one.name for one in find(tuple(metrics)) if one.needs_labels and one.reads == "features")
    if not names:
        return []
    counts = Counter(np.asarray(images.labels).tolist())
    label, rarest = min(counts.items(), key=lambda item: item[1])
    which = f"{images.classes[label]!r}, of {rarest} of the {len(images)} real images"
    if rarest < FEWEST:
        message = f"{names}: too few images of the class {which}"
        return [Problem(message, ("metrics",), f"at least {FEWEST} of each class, or none of these metrics")]
    needed = math.ceil(OF_THE_RAREST * len(images) / rarest)
    if n_fake < needed:
        message = f"{names}: of {n_fake} fakes too few would be of the class {which}"
        return [Problem(message, (where,), f"at least {needed} fakes: {OF_THE_RAREST} of that class")]
    return []


def _may_tell(extractor: Extractor, classes: tuple[str, ...]) -> bool:
    """Whether it is not known yet which classes it tells: some say so in a file that is found later."""
    return extractor.weights is None and not extractor.class_names and extractor.classes <= len(classes)


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
