"""What is kept of generated images while they pass through the extractor."""

from collections.abc import Collection
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from gan_core.evaluation.diversity import NEIGHBOURS
from gan_core.evaluation.extractors.record import ExtractorOutputs
from gan_core.evaluation.moments import Moments, MomentSums

Kept = Literal["features", "logits"]


class Sample:
    """Moments and class counts always; the features or logits of every image only where a metric `keeps` them.

    `labels` [n]: the classes that G was to draw, in the images' order; None where it is told of none.
    """

    def __init__(
        self,
        num_features: int,
        classes: int,
        device: torch.device,
        keeps: Collection[Kept],
        labels: Tensor | None = None,
    ) -> None:
        self.n = 0
        self._labels = None if labels is None else labels.to(device)
        self.class_counts = torch.zeros(classes, dtype=torch.float64, device=device)
        self._sums = MomentSums(num_features, device)
        self._first: list[Tensor] = []
        self._kept: dict[Kept, list[Tensor]] = {name: [] for name in keeps}

    def add(self, outputs: ExtractorOutputs) -> None:
        """Take in the features and logits of one batch."""
        if self.n < NEIGHBOURS:
            self._first.append(outputs.features[: NEIGHBOURS - self.n])
        self.n += len(outputs.features)
        self._sums.add(outputs.features)
        self.class_counts += torch.bincount(outputs.logits.argmax(dim=1), minlength=len(self.class_counts))
        for name, parts in self._kept.items():
            parts.append(getattr(outputs, name))

    @property
    def first(self) -> Tensor:
        """[<=NEIGHBOURS d]: features of the first images, which diversity looks for neighbours among."""
        return torch.cat(self._first)

    @cached_property
    def moments(self) -> Moments:
        """Of all images; nothing may be added afterwards."""
        return self._sums.moments()

    @cached_property
    def finite(self) -> bool:
        """Whether every feature of every image is."""
        return bool(torch.isfinite(self.moments.outer).all())

    @property
    def labels(self) -> Tensor:
        """[n] int64, on the device. LookupError where G is told of no classes."""
        if self._labels is None:
            raise LookupError("these images come without classes")
        return self._labels[: self.n]

    @cached_property
    def features(self) -> Tensor:
        """[n d] float64. KeyError where no metric keeps them."""
        return torch.cat(self._kept["features"])

    @cached_property
    def logits(self) -> Tensor:
        """[n classes] float64. KeyError where no metric keeps them."""
        return torch.cat(self._kept["logits"])
