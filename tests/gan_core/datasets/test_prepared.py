"""Prepared arrays: what is in them, that they are shared, and that damage is noticed."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core import datasets
from gan_core.datasets import fashion_mnist, prepared, verified
from gan_core.datasets.record import ImageSet, content_digest
from gan_core.datasets.resize import resize
from tests.damage.ways import WAYS


def test_padding_puts_two_zeros_on_each_side() -> None:
    images = np.random.default_rng(0).integers(1, 256, (3, 1, 28, 28), dtype=np.uint8)
    padded = fashion_mnist.transform(images, 32)
    assert padded.shape == (3, 1, 32, 32)
    np.testing.assert_array_equal(padded[:, :, 2:30, 2:30], images)
    assert padded.sum(dtype=np.int64) == images.sum(dtype=np.int64)  # all else is 0


def test_other_sizes_are_the_padded_picture_resized() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 1, 28, 28), dtype=np.uint8)
    padded = torch.from_numpy(np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))).double()
    halved = fashion_mnist.transform(images, 16)
    # Halving with antialias is a triangle of width 4: weights 1 3 3 1 over 8 along each axis, inside the border.
    kernel = torch.tensor([1.0, 3, 3, 1], dtype=torch.float64) / 8
    expected = torch.nn.functional.conv2d(padded, torch.outer(kernel, kernel)[None, None], stride=2, padding=1)
    np.testing.assert_allclose(halved[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1].numpy(), atol=0.5 + 1e-3)


def test_resizing_rounds_and_keeps_constants() -> None:
    images = np.full((1, 3, 32, 32), 255, dtype=np.uint8)
    assert (resize(images, 50) == 255).all()
    assert resize(images, 32) is images


def test_what_is_loaded_is_read_only_and_memory_mapped(tmp_path: Path) -> None:
    loaded = datasets.load("shapes", "test", 32, tmp_path)
    assert isinstance(loaded.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded.images[0, 0, 0, 0] = 1


def test_the_second_load_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = datasets.load("shapes", "test", 32, tmp_path)
    monkeypatch.setattr(prepared, "_write", None)  # calling it would fail
    again = datasets.load("shapes", "test", 32, tmp_path)
    assert again.digest == first.digest == content_digest(first.images, first.labels, first.transform)
    np.testing.assert_array_equal(again.images, first.images)


@pytest.mark.parametrize("damage", ["change", "cut", "record"])
def test_a_damaged_one_is_made_again(tmp_path: Path, damage: str) -> None:
    first = datasets.load("shapes", "test", 16, tmp_path)
    digest, pixels = first.digest, np.array(first.images)
    (path,) = tmp_path.glob(f"prepared/*/{'record.json' if damage == 'record' else 'images.npy'}")
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes({"change": bytes(content), "cut": bytes(content[:-5000]), "record": b"{"}[damage])
    again = datasets.load("shapes", "test", 16, tmp_path)
    assert again.digest == digest
    np.testing.assert_array_equal(again.images, pixels)
    assert len(list((tmp_path / "prepared").iterdir())) == 1  # nothing temporary is left


def test_any_file_damaged_in_any_way_is_made_again(tmp_path: Path) -> None:
    digest = datasets.load("shapes", "test", 16, tmp_path).digest
    (folder,) = (tmp_path / "prepared").iterdir()
    for name in (prepared.IMAGES, prepared.LABELS, prepared.RECORD):
        for way, damage in WAYS.items():
            damage(folder / name)
            assert datasets.load("shapes", "test", 16, tmp_path).digest == digest, (name, way)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"x"', "[" * 100_000, '{"digest": ["a"]}'])
def test_a_record_or_note_of_another_form_is_damage(tmp_path: Path, text: str) -> None:
    digest = datasets.load("shapes", "test", 16, tmp_path).digest
    (folder,) = (tmp_path / "prepared").iterdir()
    (folder / prepared.RECORD).write_text(text)
    assert datasets.load("shapes", "test", 16, tmp_path).digest == digest
    (folder / verified.NOTE).write_text(text)
    assert datasets.load("shapes", "test", 16, tmp_path).digest == digest


def test_no_header_of_an_array_ends_in_a_traceback(tmp_path: Path) -> None:
    first = datasets.load("shapes", "test", 16, tmp_path)
    (folder,) = (tmp_path / "prepared").iterdir()
    path = folder / prepared.LABELS
    path.write_bytes(path.read_bytes().replace(b"}", b"(", 1))  # numpy's tokenizer has an error of its own for this
    assert datasets.load("shapes", "test", 16, tmp_path).digest == first.digest


def test_the_digest_tells_pixels_labels_and_transform_apart() -> None:
    images, labels = np.zeros((2, 1, 4, 4), dtype=np.uint8), np.zeros(2, dtype=np.int64)
    changed = images.copy()
    changed[1, 0, 3, 3] = 1
    digests = {
        ImageSet.of("a", "train", x, y, rule).digest
        for x, y, rule in [(images, labels, ""), (changed, labels, ""), (images, labels + 1, ""), (images, labels, "r")]
    }
    assert len(digests) == 4
    assert ImageSet.of("b", "test", images.copy(), labels, "").digest in digests


def _load(home: Path) -> tuple[str, int]:
    loaded = datasets.load("shapes", "train", 24, home)
    return loaded.digest, int(loaded.images.sum(dtype=np.int64))


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        results = list(pool.map(_load, [tmp_path] * 3))
    assert len(set(results)) == 1
    assert len(list((tmp_path / "prepared").iterdir())) == 1


def test_losing_the_race_keeps_what_the_winner_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "prepared" / "x"
    labels = np.zeros(1, dtype=np.int64)

    def make() -> prepared.Arrays:
        images = np.ones((1, 1, 2, 2), dtype=np.uint8)
        prepared._write(folder, images, labels, "rule")  # the other process is done first
        inodes.append((folder / prepared.IMAGES).stat().st_ino)
        return images, labels

    inodes: list[int] = []
    loaded = prepared.open_or_make(folder, "x", "train", "rule", make)
    assert loaded.images.sum() == 4
    assert [(folder / prepared.IMAGES).stat().st_ino] == inodes
