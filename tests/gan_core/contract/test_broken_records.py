"""What losses, layers, networks, metrics and data sets get wrong is found, and told in words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  the field's name
from torch import Tensor, nn

from gan_core.contract.architectures import check_architecture
from gan_core.contract.data_sets import check_data_set
from gan_core.contract.extractors import check_extractor
from gan_core.contract.finding import Finding
from gan_core.contract.layers import check_activation, check_normalisation
from gan_core.contract.losses import check_loss
from gan_core.contract.metrics import check_metric
from gan_core.datasets import DATASETS
from gan_core.datasets.record import DataRequest, ImageSet
from gan_core.evaluation.extractors import EXTRACTORS, ExtractorOutputs
from gan_core.evaluation.metrics import METRICS, Value
from gan_core.evaluation.names import BETTER
from gan_core.game.losses import LOSSES
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, NORMALISATIONS
from gan_core.registry import Registry

OWNER = "test"


@pytest.fixture
def add() -> Iterator[Callable[[Registry[Any], Any], Any]]:
    """Registers a record as `own`, and takes it out again."""
    touched: list[Registry[Any]] = []

    def adding(registry: Registry[Any], record: Any) -> Any:
        registry.add("own", record, OWNER)
        touched.append(registry)
        return record

    yield adding
    for registry in touched:
        registry.drop(OWNER)


def told(found: list[Finding], check: str, words: str) -> bool:
    wrong = [each for each in found if each.failed]
    assert all(each.advice for each in wrong)
    return any(each.check == check and words in each.text for each in wrong)


HINGE, LOGITS = LOSSES["hinge"], LOSSES["non_saturating"]
BROKEN_LOSSES = {
    "the wrong sign": (
        replace(HINGE, d=lambda real, fake, t_real, t_fake: F.relu(1 + real).mean() + F.relu(1 - fake).mean()),
        "direction",
        "a D that knows better has no lower loss",
    ),
    "a sum": (
        replace(HINGE, g=lambda fake, t_fake, real: -fake.sum()),
        "mean",
        "`g` of a batch that is given twice is another number",
    ),
    "no scalar": (replace(HINGE, g=lambda fake, t_fake, real: -fake), "scalar", "`g` gives a tensor of shape [6]"),
    "detached": (
        replace(HINGE, d=lambda real, fake, t_real, t_fake: F.relu(1 - real).mean() + F.relu(1 + fake.detach()).mean()),
        "gradient",
        "`d` passes no gradient to each of the logits",
    ),
    "targets that are not used": (replace(HINGE, has_targets=True), "targets", "t_real or t_fake changes nothing"),
    "targets that are used": (replace(LOGITS, has_targets=False), "targets", "the targets change D's loss"),
    "reals that are not used": (replace(HINGE, g_sees_reals=True), "reals", "D's logits on reals change nothing"),
    "an overflow": (
        replace(HINGE, d=lambda real, fake, t_real, t_fake: (1 + fake.exp()).log().mean() - real.mean()),
        "extremes",
        "not finite at logits of 10000",
    ),
}


@pytest.mark.parametrize("name", BROKEN_LOSSES)
def test_losses(name: str, add: Callable[[Registry[Any], Any], Any]) -> None:
    loss, check, words = BROKEN_LOSSES[name]
    assert told(check_loss("own", add(LOSSES, loss)), check, words)


class Halved(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, ::2]


class InPlace(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mul_(2)


class Cut(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * x.detach()


BROKEN_ACTIVATIONS = {
    "another shape": (Halved, "shapes", "[5 6 4 3] becomes [5, 3, 4, 3]"),
    "always in place": (InPlace, "in place", "changes its input"),
    "half of the gradient": (Cut, "gradient", "not the one that finite differences give"),
}


@pytest.mark.parametrize("name", BROKEN_ACTIVATIONS)
def test_activations(name: str, add: Callable[[Registry[Any], Any], Any]) -> None:
    module, check, words = BROKEN_ACTIVATIONS[name]
    activation = replace(ACTIVATIONS["relu"], build=lambda inplace=True: module())
    assert told(check_activation("own", add(ACTIVATIONS, activation)), check, words)


def test_a_normalisation_that_divides_by_zero(add: Callable[[Registry[Any], Any], Any]) -> None:
    class Standardised(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x - x.mean(0)) / x.std(0)

    norm = replace(NORMALISATIONS["pixel"], maps=lambda c: Standardised(), vectors=lambda c: Standardised())
    assert told(check_normalisation("own", add(NORMALISATIONS, norm)), "maps", "not finite, or not at inputs of zeros")


def test_a_normalisation_whose_record_forgets_its_bias(add: Callable[[Registry[Any], Any], Any]) -> None:
    norm = add(NORMALISATIONS, replace(NORMALISATIONS["batch"], shifts=False))
    assert told(check_normalisation("own", norm), "bias of maps", "the module has a parameter called bias")


def spoilt(spoil: Callable[[nn.Module], nn.Module], player: str) -> Any:
    """DCGAN with one network changed."""
    own = ARCHITECTURES["dcgan"]
    make = getattr(own, player)
    return replace(own, **{player: lambda *arguments: spoil(make(*arguments))})


def unused(net: nn.Module) -> nn.Module:
    net.add_module("idle", nn.Linear(3, 3))
    return net


def brighter(net: nn.Module) -> nn.Module:
    net.register_forward_hook(lambda module, inputs, images: images + 1)
    return net


def shaky(net: nn.Module) -> nn.Module:
    net.register_forward_hook(lambda module, inputs, logits: logits + torch.randn_like(logits))
    return net


def one_column(net: nn.Module) -> nn.Module:
    net.register_forward_hook(lambda module, inputs, logits: logits[:, None])
    return net


BROKEN_NETWORKS = {
    "an idle layer": (spoilt(unused, "discriminator"), "gradient", "no gradient reaches D's idle.weight"),
    "no tanh": (spoilt(brighter, "generator"), "shapes", "leave [-1, 1] at 16"),
    "a column of logits": (spoilt(one_column, "discriminator"), "shapes", "D gives [5, 1] at 16"),
    "random numbers": (spoilt(shaky, "discriminator"), "random numbers", "the global generator of torch"),
}


@pytest.mark.parametrize("name", BROKEN_NETWORKS)
def test_networks(name: str, add: Callable[[Registry[Any], Any], Any]) -> None:
    architecture, check, words = BROKEN_NETWORKS[name]
    found = check_architecture("own", add(ARCHITECTURES, architecture))
    assert told(found, check, words)


def measuring(function: Callable[..., Any], **more: Any) -> Any:
    measure = lambda reals, fakes, options: {"own": function(reals, fakes)}  # noqa: E731
    return replace(METRICS["fid"], name="own", measure=measure, keeps=("features",), **more)


BROKEN_METRICS = {
    "a tensor": (measuring(lambda r, f: Value(f.features.mean())), "lower", "runs", "gives a Tensor in it: float(...)"),
    "a bare number": (measuring(lambda r, f: 1.0), "lower", "runs", "gives float in place of Value(...)"),
    "NaN": (measuring(lambda r, f: Value(float("nan"))), "lower", "number", "ordinary images is nan"),
    "out of bounds": (measuring(lambda r, f: Value(-1.0)), "lower", "number", "outside its bounds"),
    "another number each time": (
        measuring(lambda r, f: Value(float(torch.rand(())))),
        "lower",
        "same twice",
        "measured twice it is",
    ),
    "no direction": (measuring(lambda r, f: Value(1.0)), "", "direction", "it is not declared which way is better"),
    "the global generator": (
        measuring(lambda r, f: Value(float(f.features[np.random.permutation(f.n)[0]].abs().sum()))),
        "lower",
        "random numbers",
        "the global generator of numpy",
    ),
}


@pytest.mark.parametrize("name", BROKEN_METRICS)
def test_metrics(name: str, add: Callable[[Registry[Any], Any], Any]) -> None:
    metric, better, check, words = BROKEN_METRICS[name]
    add(METRICS, metric)
    add(BETTER, better)
    assert told(check_metric("own", metric), check, words)


def test_a_metric_with_the_wrong_direction_is_doubtful(add: Callable[[Registry[Any], Any], Any]) -> None:
    metric = add(METRICS, measuring(lambda r, f: Value(float((f.features.mean(0) - r.features.mean(0)).norm()))))
    add(BETTER, "higher")
    (finding,) = (each for each in check_metric("own", metric) if each.check == "order")
    assert finding.outcome == "doubtful"
    assert "and higher is better" in finding.text


def shapes_with(change: Callable[[ImageSet], ImageSet]) -> Any:
    shapes = DATASETS["shapes"]

    def prepare(request: DataRequest) -> ImageSet:
        return change(shapes.prepare(request))

    return replace(shapes, prepare=prepare)


BROKEN_DATA = {
    "floats": (lambda s: replace(s, images=s.images / 255), "images are float64"),
    "too few": (lambda s: replace(s, images=s.images[:5], labels=s.labels[:5]), "5 images, and the record says 4096"),
    "colour": (lambda s: replace(s, images=s.images.repeat(3, axis=1)), "3 channels, and the record says 1"),
    "labels": (lambda s: replace(s, labels=s.labels + 1), "labels from 1 to 5, and 5 classes"),
    "no digest": (lambda s: replace(s, digest=""), "no digest"),
    "another one each time": (
        lambda s: ImageSet.of(s.name, s.split, np.random.default_rng().permutation(s.images), s.labels, s.transform),
        "prepared twice the images differ",
    ),
}


@pytest.mark.parametrize("name", BROKEN_DATA)
def test_data_sets(name: str, tmp_path: Path) -> None:
    change, words = BROKEN_DATA[name]
    assert told(check_data_set(shapes_with(change), tmp_path), "images", words)


def test_an_extractor_in_float32(home: Path) -> None:
    own = EXTRACTORS["fmnistcnn"]

    class Single(type(own.build())):  # type: ignore[misc]
        def forward(self, images: Tensor) -> ExtractorOutputs:
            return ExtractorOutputs(*(part.float() for part in super().forward(images)))

    assert told(
        check_extractor(replace(own, build=Single), home), "outputs", "features of 6 images of 16 px are torch.float32"
    )
