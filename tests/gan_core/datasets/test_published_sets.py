"""MNIST, CIFAR-10 and CelebA, from tiny files in the official formats; nothing reaches the network."""

import gzip
import hashlib
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision.datasets

from gan_core import datasets
from gan_core.datasets import Options, celeba, cifar10, decode, mnist, torchvision_download
from gan_core.problems import UserError
from tests.gan_core.datasets.pictures import encoded, noise

FACES = {f"{i:06}.jpg": encoded(noise((218, 178, 3), i), "JPEG") for i in range(1, 7)}
DIGITS = {
    "train-images-idx3-ubyte": struct.pack(">HBBIII", 0, 8, 3, 2, 28, 28) + noise((2, 28, 28)).tobytes(),
    "train-labels-idx1-ubyte": struct.pack(">HBBI", 0, 8, 1, 2) + bytes([7, 3]),
    "t10k-images-idx3-ubyte": struct.pack(">HBBIII", 0, 8, 3, 1, 28, 28) + bytes([200]) * 784,
    "t10k-labels-idx1-ubyte": struct.pack(">HBBI", 0, 8, 1, 1) + bytes([9]),
}
FILES = {  # what a person has to bring, and where torchvision's layout has it
    "mnist": ("MNIST/raw", tuple(mnist.FILES.checksums)),
    "cifar-10": ("cifar-10-batches-py", tuple(cifar10.MD5)),
    "celeba": ("celeba", tuple(celeba.FILES.checksums)),
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(data_set: str, draft: Path, timeout_s: float) -> None:
        raise OSError(f"no route to the server of {data_set}")

    monkeypatch.setattr(torchvision_download, "_download", none)


def put_mnist(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    for name, content in DIGITS.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        monkeypatch.setitem(mnist.FILES.checksums, name, hashlib.sha256(content).hexdigest())  # type: ignore[arg-type]


def put_cifar10(folder: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray[Any, Any]:
    """Five training files of two images each, a test file, the names; the pixels of the training images."""
    folder.mkdir(parents=True)
    pixels = noise((12, 3, 32, 32))
    contents = {
        name: pickle.dumps({"data": pixels[2 * i : 2 * i + 2].reshape(2, 3072), "labels": [i, 9 - i]})
        for i, name in enumerate(list(cifar10.MD5)[:6])
    }
    contents["batches.meta"] = pickle.dumps({"label_names": list(cifar10.CIFAR10.classes)})
    theirs = torchvision.datasets.CIFAR10
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in contents.items()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        monkeypatch.setitem(cifar10.MD5, name, md5[name])
    monkeypatch.setattr(theirs, "train_list", [[name, md5[name]] for name, _ in theirs.train_list])
    monkeypatch.setattr(theirs, "test_list", [[name, md5[name]] for name, _ in theirs.test_list])
    monkeypatch.setattr(theirs, "meta", {**theirs.meta, "md5": md5["batches.meta"]})
    return pixels[:10]


def put_celeba(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six faces: four to train, one to validate, one to test."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / celeba.ARCHIVE, "w") as archive:
        for name, content in FACES.items():
            archive.writestr(f"img_align_celeba/{name}", content)
    parts = "".join(f"{name} {part}\n" for name, part in zip(FACES, (0, 0, 1, 0, 2, 0), strict=True))
    (folder / celeba.PARTITION).write_text(parts)
    for name in celeba.FILES.checksums:
        md5 = hashlib.md5((folder / name).read_bytes()).hexdigest()
        monkeypatch.setitem(celeba.FILES.checksums, name, md5)  # type: ignore[arg-type]


PUT = {"mnist": put_mnist, "cifar-10": put_cifar10, "celeba": put_celeba}


def test_the_checksums_are_torchvisions() -> None:
    theirs = torchvision.datasets.CIFAR10
    lists = [*theirs.train_list, *theirs.test_list, [theirs.meta["filename"], theirs.meta["md5"]]]
    assert [list(pair) for pair in cifar10.MD5.items()] == lists
    assert (theirs.filename, theirs.tgz_md5) == (cifar10.ARCHIVE, cifar10.ARCHIVE_MD5)
    faces = {name: md5 for _, md5, name in torchvision.datasets.CelebA.file_list}
    assert celeba.FILES.checksums.items() <= faces.items()
    assert {f"{name}.gz" for name in mnist.FILES.checksums} == {
        name for name, _ in torchvision.datasets.MNIST.resources
    }


def test_mnist_is_padded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_mnist(tmp_path / "datasets" / "MNIST" / "raw", monkeypatch)
    loaded = datasets.load("mnist", "train", 32, tmp_path)
    np.testing.assert_array_equal(loaded.images[:, 0, 2:30, 2:30], noise((2, 28, 28)))
    assert loaded.labels.tolist() == [7, 3]
    assert datasets.load("mnist", "test", 16, tmp_path).images.shape == (1, 1, 16, 16)


def test_mnist_at_28_is_as_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_mnist(tmp_path / "datasets" / "MNIST" / "raw", monkeypatch)
    square, cut = (datasets.load("mnist", "train", size, tmp_path) for size in (28, (28, 20)))
    np.testing.assert_array_equal(square.images[:, 0], noise((2, 28, 28)))
    np.testing.assert_array_equal(cut.images, square.images[:, :, :, 4:24])


def test_cifar10_is_as_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = put_cifar10(tmp_path / "datasets" / "cifar-10-batches-py", monkeypatch)
    loaded = datasets.load("cifar-10", "train", 32, tmp_path)
    np.testing.assert_array_equal(loaded.images, pixels)
    assert loaded.labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    assert datasets.load("cifar-10", "test", 16, tmp_path).images.shape == (2, 3, 16, 16)


def test_cifar10_to_a_rectangle_is_cut_from_the_centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = put_cifar10(tmp_path / "datasets" / "cifar-10-batches-py", monkeypatch)
    loaded = datasets.load("cifar-10", "train", (32, 20), tmp_path)
    np.testing.assert_array_equal(loaded.images, pixels[:, :, :, 6:26])
    assert "centre 32x20 cut out" in loaded.transform


@pytest.mark.parametrize("where", ["home", "extra"])
def test_cifar10s_archive_is_unpacked(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = put_cifar10(tmp_path / "made" / "cifar-10-batches-py", monkeypatch)
    home, place = tmp_path / "home", {"home": tmp_path / "home" / "datasets", "extra": tmp_path / "mine"}[where]
    place.mkdir(parents=True)
    archive = place / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(tmp_path / "made" / "cifar-10-batches-py", "cifar-10-batches-py")
    monkeypatch.setattr(cifar10, "ARCHIVE_MD5", hashlib.md5(archive.read_bytes()).hexdigest())
    extra = (tmp_path / "mine",) if where == "extra" else ()
    assert datasets.fetch("cifar-10", home, extra=extra)[-1].where == str(archive)
    np.testing.assert_array_equal(datasets.load("cifar-10", "train", 32, home).images, pixels)
    changed = tmp_path / "changed" / cifar10.ARCHIVE
    changed.parent.mkdir()
    changed.write_bytes(archive.read_bytes() + b"x")
    with pytest.raises(UserError, match=f"{changed} has the wrong checksum"):
        datasets.fetch("cifar-10", tmp_path / "other", extra=(changed.parent,))


def test_no_pickle_with_a_wrong_checksum_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "datasets" / "cifar-10-batches-py"
    put_cifar10(folder, monkeypatch)
    monkeypatch.setattr(pickle, "load", None)  # calling it would be another error
    for name in ("data_batch_3", "batches.meta"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content + b"x")
        with pytest.raises(UserError, match=rf"{name} has the wrong checksum: md5"):
            datasets.load("cifar-10", "test", 32, tmp_path)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("fit", ["crop", "stretch"])
def test_celeba_by_split_cut_or_stretched(fit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_celeba(tmp_path / "datasets" / "celeba", monkeypatch)
    size = {"crop": 64, "stretch": (157, 128)}[fit]
    options = Options(fit=fit)
    loaded = datasets.load("celeba", "train", size, tmp_path, options=options)
    for i, name in enumerate(["000001.jpg", "000002.jpg", "000004.jpg", "000006.jpg"]):
        np.testing.assert_array_equal(loaded.images[i], decode.decode(FACES[name], size, fit, 3))
    assert len(loaded) == 4
    assert [len(datasets.load("celeba", part, size, tmp_path, options=options)) for part in ("valid", "test")] == [1, 1]
    assert ("stretch" if "resized to 157x128" in loaded.transform else "crop") == fit


def test_broken_faces_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACES, "000002.jpg", FACES["000002.jpg"][:900])
    put_celeba(tmp_path / "datasets" / "celeba", monkeypatch)
    with pytest.raises(UserError, match=r"holds broken images: img_align_celeba/000002\.jpg"):
        datasets.load("celeba", "train", 64, tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_an_extra_place_is_copied(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PUT[name](tmp_path / "mine", monkeypatch)
    assert datasets.fetch(name, tmp_path / "home", extra=(tmp_path / "mine",))[-1].found
    assert len(datasets.load(name, "train", 16, tmp_path / "home")) >= 2


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_checksum_names_the_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "datasets" / FILES[name][0]
    PUT[name](folder, monkeypatch)
    path = sorted(folder.iterdir())[0]
    path.write_bytes(gzip.compress(b"wrong"))
    for call in (datasets.fetch, datasets.status):
        with pytest.raises(UserError, match=f"{path} has the wrong checksum"):
            call(name, tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_where_nothing_works_one_message_says_what_to_do(name: str, tmp_path: Path) -> None:
    layout, names = FILES[name]
    with pytest.raises(UserError) as caught:
        datasets.load(name, "train", 32, tmp_path / "home", extra=(tmp_path / "mine",))
    (problem,) = caught.value.problems
    own = tmp_path / "home" / "datasets" / layout
    for expected in (f"{own}: lacks", f"{tmp_path / 'mine'}: lacks", "no route to the server", f"into {own}", *names):
        assert expected in problem.message
    assert "http" in problem.message
    assert not datasets.status(name, tmp_path / "home").place.found
