import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gan_core import datasets
from gan_core.datasets import fashion_mnist_files
from gan_core.datasets.idx import parse
from gan_core.problems import UserError


def test_importing_the_registry_is_light() -> None:
    program = "import gan_core.datasets, sys; print([m for m in ('torch', 'torchvision') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["fashion-mnist", "shapes"])
def test_every_data_set_keeps_what_its_record_says(name: str, home: Path) -> None:
    data_set = datasets.find(name)
    for split, count in data_set.splits.items():
        loaded = datasets.load(name, split, 32, home)
        assert loaded.images.shape == (count, data_set.channels, 32, 32)
        assert loaded.images.dtype == "uint8"
        assert loaded.labels.dtype == "int64"
        assert set(loaded.labels.tolist()) == set(range(len(data_set.classes)))
    assert len({data_set.identity(split) for split in data_set.splits}) == len(data_set.splits)


def test_fashion_mnist_is_the_published_one(home: Path) -> None:
    train = datasets.load("fashion-mnist", "train", 32, home)
    assert train.labels[:8].tolist() == [9, 0, 0, 3, 0, 2, 7, 2]
    mean = train.images.sum() / (60_000 * 28 * 28) / 255
    assert mean == pytest.approx(0.2860, abs=1e-4)  # the mean that everybody normalises with


def test_fashion_mnist_at_28_is_as_published_and_at_32_padded(home: Path) -> None:
    published = parse(fashion_mnist_files.content(fashion_mnist_files.ready_folder(home, ()), "t10k-images-idx3-ubyte"))
    at_28, at_32 = (datasets.load("fashion-mnist", "test", size, home) for size in (28, 32))
    np.testing.assert_array_equal(at_28.images[:, 0], published)
    np.testing.assert_array_equal(at_32.images[:, :, 2:30, 2:30], at_28.images)
    assert at_32.images.sum() == at_28.images.sum()  # nothing in the margin
    assert at_32.digest == "d7f3d690dc4704fa"  # as it always was
    assert at_28.transform == "28x28, as published"


def test_mistakes_tell_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"allowed: fashion-mnist, .*, shapes; did you mean 'fashion-mnist'"):
        datasets.load("fashionmnist", "train", 32, tmp_path)
    with pytest.raises(UserError, match="allowed: train, test"):
        datasets.load("shapes", "valid", 32, tmp_path)
    with pytest.raises(UserError, match="at least 1"):
        datasets.load("shapes", "train", 0, tmp_path)


def test_shapes_need_no_files(tmp_path: Path) -> None:
    assert datasets.fetch("shapes", tmp_path)[-1].found
    assert datasets.status("shapes", tmp_path).place.found
    assert not list(tmp_path.iterdir())
