"""What is known of a metric, and what one measurement of it looks like."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch

from gan_core.evaluation.extractors.record import Outputs
from gan_core.evaluation.moments import Moments


class Measurement(Protocol):
    """One measurement under way. Leaves the global random state as it was."""

    def update(self, outputs: Outputs) -> None:
        """Take in the features and logits of one batch of generated images."""

    def result(self) -> float:
        """The score of all batches taken in; NaN when features or logits were not finite."""


@dataclass(frozen=True)
class Metric:
    """A metric by name. `options(n_fake)` are the numbers it adds to the protocol; `start` begins a measurement."""

    name: str
    title: str
    better: Literal["lower", "higher"]
    bounds: tuple[float, float]
    paper: str
    reads: Literal["features", "logits"]
    needs_reference: bool
    options: Callable[[int], dict[str, int]] = field(repr=False)
    start: Callable[[Moments, dict[str, int], torch.device], Measurement] = field(repr=False)
