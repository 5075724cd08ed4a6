"""Scoring generated images by all metrics in one pass of the extractor."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gan_core.datasets.record import ImageSet
from gan_core.evaluation import extractors, moments
from gan_core.evaluation.diversity import Diversity
from gan_core.evaluation.extractors.record import Extractor, Outputs
from gan_core.evaluation.features import extract, take
from gan_core.evaluation.metrics import DEFAULT, Metric, find
from gan_core.evaluation.protocol import Protocol, versions
from gan_core.evaluation.quantise import NotFiniteError
from gan_core.evaluation.scored import Scored
from gan_core.events import Score
from gan_core.problems import Problem, UserError


class Evaluator:
    """An extractor on a device, and the moments of the real images that generated ones are compared with.

    Constructing one computes these moments the first time on a machine, and restores them later. Neither that nor
    scoring changes the global random state.
    """

    def __init__(
        self,
        extractor: str,
        reference: ImageSet,
        home: Path,
        device: torch.device,
        metrics: Sequence[str] = DEFAULT,
    ) -> None:
        """Raises UserError on an unknown extractor or metric, damaged weights, or data of a kind that it can't see."""
        self.extractor = extractors.find(extractor)
        self.metrics = find(metrics)
        check_channels(self.extractor, reference.channels)
        self.reference = reference
        self.device = device
        self._network = self.extractor.load(device)
        self._reals = moments.restore_or_compute(self.extractor, self._network, reference, home, device)

    def diversity(self) -> Diversity:
        """A measurement of the diversity of the images that it `watch`es being scored."""
        return Diversity(self._reals, self.extractor.classes)

    def measure(self, batches: Iterable[Tensor], n_fake: int, g_mode: str) -> Scored:
        """Scores and diversity of the first `n_fake` images, in one pass; see `score`."""
        diversity = self.diversity()
        scores = self.score(batches, n_fake, g_mode, watch=diversity.update)
        return Scored(scores, diversity.result())

    def score(
        self, batches: Iterable[Tensor], n_fake: int, g_mode: str, watch: Callable[[Outputs], None] | None = None
    ) -> tuple[Score, ...]:
        """One score a metric, in the order of `metrics`, of the first `n_fake` images in `batches`.

        batches: uint8 [N C H W] in [0, 255], as `to_uint8` gives them; batches of 100 to 250 are fastest. Where making
        one raises NotFiniteError, every value is NaN. Raises ValueError when there are fewer than `n_fake` images, or
        when fewer than two are asked for. `watch` is shown what the extractor gave for each batch.
        """
        if n_fake < 2:
            raise ValueError(f"{n_fake} images have no covariance")
        running = [metric.start(self._reals, metric.options(n_fake), self.device) for metric in self.metrics]
        try:
            for images in take(batches, n_fake):
                outputs = extract(self._network, self._checked(images))
                for measurement in running:
                    measurement.update(outputs)
                if watch is not None:
                    watch(outputs)
            values = [measurement.result() for measurement in running]
        except NotFiniteError:
            values = [math.nan] * len(self.metrics)
        protocols = [self.protocol(metric, n_fake, g_mode) for metric in self.metrics]
        return tuple(_score(protocol, value) for protocol, value in zip(protocols, values, strict=True))

    def protocol(self, metric: Metric, n_fake: int, g_mode: str) -> Protocol:
        """The protocol of a score of `n_fake` generated images of the reference's size."""
        reference = self.reference if metric.needs_reference else None
        return Protocol(
            metric=metric.name,
            extractor=self.extractor.name,
            extractor_digest=self.extractor.digest,
            layer=self.extractor.layer if metric.reads == "features" else "logits",
            resize=self.extractor.resizing(self.reference.size)
            if self.reference.size != self.extractor.size
            else "none",
            scaling=self.extractor.scaling,
            dtype=f"{self.extractor.dtype}, sums in float64",
            reference=f"{reference.name} {reference.split}" if reference else None,
            reference_digest=reference.digest if reference else None,
            reference_transform=reference.transform if reference else None,
            n_real=len(reference) if reference else None,
            n_fake=n_fake,
            image_size=self.reference.size,
            g_mode=g_mode,
            options=metric.options(n_fake),
            versions=versions(),
        )

    def _checked(self, images: Tensor) -> Tensor:
        expected = self.reference.images.shape[1:]
        if images.dtype != torch.uint8 or images.shape[1:] != expected:
            shape = " ".join(map(str, expected))
            raise ValueError(f"expected uint8 [N {shape}], got {images.dtype} {list(images.shape)}")
        return images.to(self.device)


def check_channels(extractor: Extractor, channels: int) -> None:
    """Raises UserError when data of so many channels can't be scored with this extractor."""
    if channels != extractor.channels:
        message = f"{extractor.name} sees images of {extractor.channels} channel(s), the data have {channels}"
        raise UserError(Problem(message, ("evaluation", "extractor"), allowed="an extractor for these data"))


def _score(protocol: Protocol, value: float) -> Score:
    return Score(
        metric=protocol.metric,
        name=protocol.score_name,
        value=value,
        stamp=protocol.stamp,
        protocol=protocol.model_dump(mode="json"),
    )
