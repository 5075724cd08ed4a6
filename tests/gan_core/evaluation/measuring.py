"""A metric on features that are there already."""

import torch
from torch import Tensor

from gan_core.evaluation.extractors import ExtractorOutputs
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics import METRICS, Value
from gan_core.evaluation.reals import Reals


def reals_in_memory(features: Tensor, classes: Tensor, number_of_classes: int) -> Reals:
    """Of features [N d] and predicted classes [N] that are there already; nothing is kept on disk."""
    seen = {"features": features, "classes": classes}
    return Reals(len(features), number_of_classes, features.device, lambda: seen, lambda what, make: make())


def measured(name: str, reals: Tensor, fakes: Tensor, classes: tuple[Tensor, Tensor] | None = None) -> dict[str, Value]:
    """All numbers of the metric's computation, of features [N d]; `classes` [N] int64 of the reals and of the fakes."""
    metric = METRICS[name]
    of_reals, of_fakes = classes or (torch.zeros(len(x), dtype=torch.int64) for x in (reals, fakes))
    sample = Sample(reals.shape[1], 10, torch.device("cpu"), metric.keeps)
    logits = torch.nn.functional.one_hot(of_fakes, 10).double()
    for part in range(0, len(fakes), 64):
        sample.add(ExtractorOutputs(fakes[part : part + 64], logits[part : part + 64]))
    seen = reals_in_memory(reals, of_reals, 10)
    return dict(metric.measure(seen, sample, metric.options(len(fakes), len(reals))))
