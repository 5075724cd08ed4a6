"""The moments of the reals: right, restored bit for bit, missed when anything changes, mended when damaged."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_core.datasets import ImageSet
from gan_core.evaluation import moments
from gan_core.evaluation.extractors import EXTRACTORS, Extractor
from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.moments import Moments

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return FMNISTCNN.load(CPU)


def restore(reference: ImageSet, home: Path, network: nn.Module, extractor: Extractor = FMNISTCNN) -> Moments:
    return moments.restore_or_compute(extractor, network, reference, home, CPU)


def equal(a: Moments, b: Moments) -> bool:
    return all(torch.equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(Moments))


def test_moments_are_those_that_torchmetrics_sums(some_shapes: ImageSet, network: nn.Module, tmp_path: Path) -> None:
    class Features(nn.Module):
        num_features = FMNISTCNN.num_features

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            features: torch.Tensor = network(images).features
            return features

    metric = FrechetInceptionDistance(Features())
    metric.update(torch.tensor(some_shapes.images), real=True)
    computed = restore(some_shapes, tmp_path, network)
    assert computed.n == metric.real_features_num_samples == 600
    torch.testing.assert_close(computed.total, metric.real_features_sum, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(computed.outer, metric.real_features_cov_sum, rtol=1e-5, atol=1e-4)


def test_restored_ones_are_equal_bit_for_bit_and_nothing_is_computed(
    some_shapes: ImageSet, network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = moments.compute(network, some_shapes, CPU)
    first = restore(some_shapes, tmp_path, network)
    monkeypatch.setattr(moments, "compute", None)  # calling it would fail
    assert equal(restore(some_shapes, tmp_path, network), first)
    assert equal(first, direct)


def changed_pixel(reference: ImageSet) -> ImageSet:
    images = np.array(reference.images)
    images[17, 0, 3, 3] ^= 1
    return ImageSet.of(reference.name, reference.split, images, reference.labels, reference.transform)


def other_transform(reference: ImageSet) -> ImageSet:
    return ImageSet.of(reference.name, reference.split, reference.images, reference.labels, "resized by other means")


@pytest.mark.parametrize("change", [changed_pixel, other_transform])
def test_other_data_miss_the_cache(
    change: Callable[[ImageSet], ImageSet], some_shapes: ImageSet, network: nn.Module, tmp_path: Path
) -> None:
    restore(some_shapes, tmp_path, network)
    restore(change(some_shapes), tmp_path, network)
    assert len(list((tmp_path / "moments").iterdir())) == 2


@pytest.mark.parametrize(
    "change", [{"sha256": "f" * 64}, {"layer": "logits"}, {"resize": "nearest"}, {"scaling": "none"}, {"dtype": "bf16"}]
)
def test_another_extractor_misses_the_cache(
    change: dict[str, str], some_shapes: ImageSet, network: nn.Module, tmp_path: Path
) -> None:
    restore(some_shapes, tmp_path, network)
    restore(some_shapes, tmp_path, network, dataclasses.replace(EXTRACTORS["fmnistcnn"], **change))  # type: ignore[arg-type]
    assert len(list((tmp_path / "moments").iterdir())) == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "header"])
def test_a_damaged_file_is_computed_again(
    damage: str, some_shapes: ImageSet, network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = restore(some_shapes, tmp_path, network)
    (path,) = (tmp_path / "moments").iterdir()
    content = bytearray(path.read_bytes())
    flipped = bytearray(content)
    flipped[-1000] ^= 1
    broken = {"flip": flipped, "cut": content[:-9], "empty": b"", "header": b"\xff" * 8 + content[8:]}
    path.write_bytes(bytes(broken[damage]))
    assert equal(restore(some_shapes, tmp_path, network), first)
    monkeypatch.setattr(moments, "compute", None)  # calling it would fail
    assert equal(restore(some_shapes, tmp_path, network), first)
    assert [path] == list((tmp_path / "moments").iterdir())  # nothing temporary is left


def test_a_file_under_anothers_name_is_not_believed(
    some_shapes: ImageSet, other_shapes: ImageSet, network: nn.Module, tmp_path: Path
) -> None:
    restore(some_shapes, tmp_path, network)
    (path,) = (tmp_path / "moments").iterdir()
    right = restore(other_shapes, tmp_path, network)
    (other,) = set((tmp_path / "moments").iterdir()) - {path}
    other.write_bytes(path.read_bytes())
    assert equal(restore(other_shapes, tmp_path, network), right)
