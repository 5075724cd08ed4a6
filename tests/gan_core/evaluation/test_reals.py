"""What is kept of the reals: right, restored bit for bit, missed when anything changes, mended when damaged."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_core.datasets import ImageSet
from gan_core.evaluation import cache, reals
from gan_core.evaluation.extractors import EXTRACTORS, Extractor
from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.moments import Moments
from gan_core.evaluation.reals import Reals, reals_of

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return FMNISTCNN.load(CPU)


def of(reference: ImageSet, home: Path, network: nn.Module, extractor: Extractor = FMNISTCNN) -> Reals:
    return reals_of(extractor, network, reference, home, CPU)


def restore(reference: ImageSet, home: Path, network: nn.Module, extractor: Extractor = FMNISTCNN) -> Moments:
    return of(reference, home, network, extractor).moments


def files(home: Path) -> list[Path]:
    return sorted((home / "reals").glob("*.safetensors"))


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
    first = of(some_shapes, tmp_path, network)
    parts = first.moments, first.root, first.class_counts, first.radii(100, 3), first.features
    monkeypatch.setattr(reals, "see", None)  # calling any of these would fail
    monkeypatch.setattr(reals, "moments_of", None)
    monkeypatch.setattr(reals, "root_of", None)
    monkeypatch.setattr(reals, "nearest", None)
    again = of(some_shapes, tmp_path, network)
    assert equal(again.moments, parts[0])
    restored = again.root, again.class_counts, again.radii(100, 3), again.features
    assert all(torch.equal(a, b) for a, b in zip(restored, parts[1:], strict=True))


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
    assert len(files(tmp_path)) == 4  # features and moments of both


@pytest.mark.parametrize(
    "change", [{"sha256": "f" * 64}, {"layer": "logits"}, {"resize": "nearest"}, {"scaling": "none"}, {"dtype": "bf16"}]
)
def test_another_extractor_misses_the_cache(
    change: dict[str, str], some_shapes: ImageSet, network: nn.Module, tmp_path: Path
) -> None:
    restore(some_shapes, tmp_path, network)
    restore(some_shapes, tmp_path, network, dataclasses.replace(EXTRACTORS["fmnistcnn"], **change))  # type: ignore[arg-type]
    assert len(files(tmp_path)) == 4  # features and moments of both


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "header"])
def test_a_damaged_file_is_computed_again(
    damage: str, some_shapes: ImageSet, network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = restore(some_shapes, tmp_path, network)
    (path,) = (entry.path for entry in cache.entries(tmp_path) if entry.key["what"] == "moments")
    content = bytearray(path.read_bytes())
    flipped = bytearray(content)
    flipped[-1000] ^= 1
    broken = {"flip": flipped, "cut": content[:-9], "empty": b"", "header": b"\xff" * 8 + content[8:]}
    path.write_bytes(bytes(broken[damage]))
    assert [entry.path for entry in cache.entries(tmp_path) if not entry.sound] == [path]
    assert equal(restore(some_shapes, tmp_path, network), first)
    monkeypatch.setattr(reals, "moments_of", None)  # calling it would fail
    assert equal(restore(some_shapes, tmp_path, network), first)
    left = {other for other in (tmp_path / "reals").iterdir() if other.name != ".locks"}
    assert left == set(files(tmp_path))  # nothing temporary


def test_a_file_under_anothers_name_is_not_believed(
    some_shapes: ImageSet, other_shapes: ImageSet, network: nn.Module, tmp_path: Path
) -> None:
    restore(some_shapes, tmp_path, network)
    right = restore(other_shapes, tmp_path, network)
    ours, theirs = (
        next(e.path for e in cache.entries(tmp_path) if e.key["what"] == "moments" and s.digest in e.key["data"])
        for s in (some_shapes, other_shapes)
    )
    theirs.write_bytes(ours.read_bytes())
    assert equal(restore(other_shapes, tmp_path, network), right)


def test_another_device_or_version_misses_the_cache(some_shapes: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [reals.key_of(FMNISTCNN, some_shapes, torch.device(kind)) for kind in ("cpu", "cuda")]
    monkeypatch.setattr(reals, "versions", lambda extra: {"torch": "0"})
    keys.append(reals.key_of(FMNISTCNN, some_shapes, CPU))
    assert keys[0] != keys[1] != keys[2] != keys[0]


def test_the_cache_is_listed_and_cleared(some_shapes: ImageSet, network: nn.Module, tmp_path: Path) -> None:
    assert list(cache.entries(tmp_path)) == []
    restore(some_shapes, tmp_path, network)
    listed = list(cache.entries(tmp_path))
    assert sorted(entry.key["what"] for entry in listed) == ["features", "moments"]
    assert all(entry.sound and entry.key["data"].startswith("some-shapes train") for entry in listed)
    size = sum(path.stat().st_size for path in files(tmp_path))
    assert cache.clear(tmp_path) == (2, size)
    assert files(tmp_path) == []
    restore(some_shapes, tmp_path, network)


def test_of_processes_that_start_together_one_computes(some_shapes: ImageSet, tmp_path: Path) -> None:
    """Each process would write its own time into the file."""
    program = (
        "import sys, time, torch; from pathlib import Path; from gan_core.evaluation.cache import restore_or_make;"
        "make = lambda: (time.sleep(0.3), {'x': torch.tensor([time.time_ns()])})[1];"
        "print(int(restore_or_make(Path(sys.argv[1]), 'x', {'what': 'x'}, make)['x']))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = {process.communicate()[0] for process in running}
    assert len(answers) == 1
    assert answers != {""}
