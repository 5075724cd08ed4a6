"""Runs without scores: no extractor, on request (`extractor: none`), never because one is missing."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from gan_core.datasets.record import ImageSet
from gan_core.evaluation.evaluator import Evaluator, Requested, Scored
from gan_core.evaluation.extractors import NONE
from gan_core.evaluation.metrics import DEFAULT


class Scorer(Protocol):
    """What scores generated images."""

    def measure(self, batches: Iterable[Tensor], n_fake: int, g_mode: str, labels: Tensor | None = None) -> Scored:
        """See `Evaluator.measure`."""
        ...


class Unscored:
    """Gives no scores, and asks for no images."""

    def measure(self, batches: Iterable[Tensor], n_fake: int, g_mode: str, labels: Tensor | None = None) -> Scored:
        """Nothing."""
        return Scored((), {})


def scorer(
    extractor: str,
    reference: ImageSet,
    home: Path,
    device: torch.device,
    metrics: Sequence[str] = DEFAULT,
    max_images: int | None = None,
    requested: Requested | None = None,
) -> Scorer:
    """The evaluator with this extractor, or none where none was asked for. Raises what `Evaluator` does."""
    if extractor == NONE:
        return Unscored()
    return Evaluator(extractor, reference, home, device, metrics, max_images, requested)
