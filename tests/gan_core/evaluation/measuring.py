"""A metric on features that are there already."""

import torch
from torch import Tensor

from gan_core.evaluation.extractors import ExtractorOutputs
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics import METRICS, Value
from gan_core.evaluation.reals import Reals


def reals_in_memory(features: Tensor, classes: Tensor, number_of_classes: int, labels: Tensor | None = None) -> Reals:
    """Of features [N d] and predicted classes [N] that are there already; nothing is kept on disk."""
    seen = {"features": features, "classes": classes}
    return Reals(len(features), number_of_classes, features.device, lambda: seen, lambda what, make: make(), labels)


def measured(
    name: str,
    reals: Tensor,
    fakes: Tensor,
    classes: tuple[Tensor, Tensor] | None = None,
    labels: tuple[Tensor, Tensor] | None = None,
) -> dict[str, Value]:
    """All numbers of the metric's computation, of features [N d].

    `classes` [N] int64: what the extractor takes the reals and the fakes for; `labels`: what they are to be. All of one
    class by default.
    """
    metric = METRICS[name]
    all_of_one = torch.zeros(len(reals), dtype=torch.int64), torch.zeros(len(fakes), dtype=torch.int64)
    of_reals, of_fakes = classes or all_of_one
    real_labels, fake_labels = labels or all_of_one
    sample = Sample(reals.shape[1], 10, torch.device("cpu"), metric.keeps, fake_labels)
    logits = torch.nn.functional.one_hot(of_fakes, 10).double()
    for part in range(0, len(fakes), 64):
        sample.add(ExtractorOutputs(fakes[part : part + 64], logits[part : part + 64]))
    seen = reals_in_memory(reals, of_reals, 10, real_labels)
    return dict(metric.measure(seen, sample, metric.options(len(fakes), len(reals))))
