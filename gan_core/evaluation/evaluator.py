"""Scoring generated images by all metrics in one pass of the extractor."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_core.datasets.record import ImageSet
from gan_core.datasets.subset import rows_of, subset_of
from gan_core.evaluation import extractors
from gan_core.evaluation.by_class import class_problems
from gan_core.evaluation.diversity import diversity
from gan_core.evaluation.extractors.record import Extractor, ExtractorOutputs
from gan_core.evaluation.features import extract, take
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.logits import logits_problems
from gan_core.evaluation.metrics import DEFAULT, Metric, Value, find
from gan_core.evaluation.metrics.record import value_of
from gan_core.evaluation.protocol import Protocol, protocol_of
from gan_core.evaluation.quantise import NotFiniteError
from gan_core.evaluation.reals import Reals, reals_of
from gan_core.events import Score
from gan_core.problems import Problem, UserError


class Scored(NamedTuple):
    """Scores, and how different the images are (`Diversity.result`); both empty without an extractor."""

    scores: tuple[Score, ...]
    diversity: dict[str, float]


@dataclass(frozen=True)
class Requested:
    """The classes that a conditional G is to draw, by name, and in words how they are chosen for the images."""

    classes: tuple[str, ...]
    drawn: str


class Evaluator:
    """An extractor on a device, and what is known of the real images that generated ones are compared with.

    What is needed of the reals is computed the first time on a machine, and restored later. Neither that nor scoring
    changes the global random state.
    """

    def __init__(
        self,
        extractor: str,
        reference: ImageSet,
        home: Path,
        device: torch.device,
        metrics: Sequence[str] = DEFAULT,
        max_images: int | None = None,
        requested: Requested | None = None,
    ) -> None:
        """`max_images`: how many images of the reference the generator was trained on, None for all. `requested`: the
        classes that it is to draw, None where it is told of none; `measure` gets that of each image.

        Raises UserError on an unknown extractor or metric, missing or damaged weights, or data that it can't see.
        """
        self.metrics = find(metrics)
        found = extractors.find(extractor)
        check_channels(found, reference.channels)
        if problems := logits_problems(found, metrics):
            raise UserError(*problems)
        self.extractor = found.located(home)
        check_channels(self.extractor, reference.channels)  # again: of a user's own only its file knows
        self.requested = requested
        self.reference = reference
        self.max_images = max_images
        self.device = device
        if problems := self._class_problems():
            raise UserError(*problems)
        self._network = self.extractor.load(device)
        self.reals: Reals = reals_of(self.extractor, self._network, reference, home, device)

    @cached_property
    def trained(self) -> ImageSet:
        """The images of the reference that the generator was trained on."""
        return subset_of(self.reference, self.max_images)

    @cached_property
    def trained_reals(self) -> Reals:
        """What is known of them."""
        rows = rows_of(len(self.reference), self.max_images)
        return self.reals if rows is None else self.reals.part(rows, self.trained.digest)

    def measure(self, batches: Iterable[Tensor], n_fake: int, g_mode: str, labels: Tensor | None = None) -> Scored:
        """Scores and diversity of the first `n_fake` images, in one pass; see `score`."""
        try:
            sample = self.sample(batches, n_fake, labels)
        except NotFiniteError:
            sample = None
        counts = None if sample is None or self.extractor.doubtful_logits else sample.class_counts
        varied = {} if sample is None else diversity(self.reals.moments, sample.moments, counts, sample.first)
        return Scored(self._scores(sample, n_fake, g_mode), varied)

    def score(
        self, batches: Iterable[Tensor], n_fake: int, g_mode: str, labels: Tensor | None = None
    ) -> tuple[Score, ...]:
        """One score a metric, in the order of `metrics`, of the first `n_fake` images in `batches`.

        batches: uint8 [N C H W] in [0, 255], as `to_uint8` gives them; batches of 100 to 250 are fastest. Where making
        one raises NotFiniteError, every value is NaN. `labels` [n_fake]: the classes that they are to be of. Raises
        ValueError when there are fewer than `n_fake` images, or when fewer than two are asked for.
        """
        return self.measure(batches, n_fake, g_mode, labels).scores

    def sample(self, batches: Iterable[Tensor], n_fake: int, labels: Tensor | None = None) -> Sample:
        """What the metrics need of the first `n_fake` images, from one pass over them."""
        if n_fake < 2:
            raise ValueError(f"{n_fake} images have no covariance")
        keeps = {name for metric in self.metrics for name in metric.keeps}
        sample = Sample(self.extractor.num_features, self.extractor.classes, self.device, keeps, labels)
        for outputs in self.outputs(batches, n_fake):
            sample.add(outputs)
        return sample

    def outputs(self, batches: Iterable[Tensor], n: int) -> Iterator[ExtractorOutputs]:
        """What the extractor gives for the first n images, in batches of its own."""
        for images in take(batches, n):
            for part in torch.split(self._checked(images), self.extractor.batch):
                yield extract(self._network, part)

    def protocol(self, metric: Metric, n_fake: int, g_mode: str) -> Protocol:
        """The protocol of a score of `n_fake` generated images of the reference's size.

        How classes were chosen is a part of it for metrics by class alone: to all others a G that is told classes is a
        sampler like any other.
        """
        drawn = self.requested.drawn if self.requested is not None and metric.needs_labels else None
        return protocol_of(metric, self.extractor, self._reference_of(metric), n_fake, g_mode, drawn)

    def _reference_of(self, metric: Metric) -> ImageSet:
        return self.trained if metric.against == "trained" else self.reference

    def _class_problems(self) -> list[Problem]:
        """Those of metrics by class. Which classes an extractor tells may be known only once its file is there."""
        classes = None if self.requested is None else self.requested.classes
        metrics = [metric.name for metric in self.metrics]
        problems = class_problems(metrics, classes, self.extractor)
        by_class = [metric.name for metric in self.metrics if metric.needs_labels and metric.needs_reference]
        if by_class and classes is not None and self.reference.classes != classes:
            message = f"{', '.join(by_class)}: the real images have no classes, or not those that G draws"
            problems.append(Problem(message, ("metrics",), "real images of the same classes"))
        return problems

    def _scores(self, sample: Sample | None, n_fake: int, g_mode: str) -> tuple[Score, ...]:
        done: dict[object, Mapping[str, Value]] = {}  # metrics that come from one computation share it
        scores = []
        for metric in self.metrics:
            options = metric.options(n_fake, len(self._reference_of(metric)))
            value = Value(math.nan)
            if sample is not None and sample.finite:
                computation = (metric.measure, tuple(options.items()))
                if computation not in done:
                    reals = self.trained_reals if metric.against == "trained" else self.reals
                    done[computation] = metric.measure(reals, sample, options)
                value = value_of(metric, done[computation])
            scores.append(_score(self.protocol(metric, n_fake, g_mode), value))
        return tuple(scores)

    def _checked(self, images: Tensor) -> Tensor:
        expected = self.reference.images.shape[1:]
        if images.dtype != torch.uint8 or images.shape[1:] != expected:
            shape = " ".join(map(str, expected))
            raise ValueError(f"expected uint8 [N {shape}], got {images.dtype} {list(images.shape)}")
        return images.to(self.device)


def check_channels(extractor: Extractor, channels: int) -> None:
    """Raises UserError when data of so many channels can't be scored with this extractor."""
    if not extractor.sees(channels):
        message = f"{extractor.name} sees images of {extractor.channels} channel(s), the data have {channels}"
        raise UserError(Problem(message, ("evaluation", "extractor"), allowed="an extractor for these data"))


def _score(protocol: Protocol, value: Value) -> Score:
    return Score(
        metric=protocol.metric,
        name=protocol.score_name,
        value=value.value,
        error=value.error,
        stamp=protocol.stamp,
        protocol=protocol.model_dump(mode="json"),
    )
