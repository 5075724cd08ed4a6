"""Where the files are looked for. Four tiny files stand for the real ones; nothing reaches the network."""

import gzip
import hashlib
import struct
from pathlib import Path

import pytest

from gan_core import datasets
from gan_core.datasets import debian_package, torchvision_download
from gan_core.datasets import fashion_mnist_files as files
from gan_core.problems import UserError

CONTENTS = {
    "train-images-idx3-ubyte": struct.pack(">HBBIII", 0, 8, 3, 2, 28, 28) + bytes(range(256)) * 6 + bytes(32),
    "train-labels-idx1-ubyte": struct.pack(">HBBI", 0, 8, 1, 2) + bytes([7, 3]),
    "t10k-images-idx3-ubyte": struct.pack(">HBBIII", 0, 8, 3, 1, 28, 28) + bytes([200]) * 784,
    "t10k-labels-idx1-ubyte": struct.pack(">HBBI", 0, 8, 1, 1) + bytes([9]),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has the data nowhere and no way to get them."""

    def no_download(draft: Path) -> Path:
        raise OSError("no route to the mirror")

    def no_package(package: str, draft: Path) -> Path:
        raise OSError("this system has no apt-get")

    monkeypatch.setattr(files, "SHA256", {name: hashlib.sha256(c).hexdigest() for name, c in CONTENTS.items()})
    monkeypatch.setattr(files, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(torchvision_download, "fashion_mnist", no_download)
    monkeypatch.setattr(debian_package, "unpack", no_package)
    return tmp_path / "home"


def put(folder: Path, gz: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in CONTENTS.items():
        (folder / (f"{name}.gz" if gz else name)).write_bytes(gzip.compress(content) if gz else content)
    return folder


@pytest.mark.parametrize("gz", [False, True])
def test_found_under_home_in_torchvisions_layout(home: Path, gz: bool) -> None:
    folder = put(home / "datasets" / "FashionMNIST" / "raw", gz)
    assert datasets.fetch("fashion-mnist", home)[-1] == datasets.SearchedPlace(str(folder), "all four files", True)
    loaded = datasets.load("fashion-mnist", "train", 32, home)
    assert loaded.labels.tolist() == [7, 3]
    assert loaded.images[0, 0, 2, 2:30].tolist() == list(range(28))


def test_found_in_the_systems_folder_and_left_there(home: Path, tmp_path: Path) -> None:
    folder = put(tmp_path / "system", gz=True)
    tried = datasets.fetch("fashion-mnist", home)
    assert [place.found for place in tried] == [False, True]
    assert tried[-1].where == str(folder)
    assert not list(home.rglob("*idx*"))
    assert datasets.load("fashion-mnist", "test", 32, home).labels.tolist() == [9]


@pytest.mark.parametrize("below", [".", "raw", "FashionMNIST/raw", "fashion-mnist"])
def test_an_extra_place_is_copied_so_that_it_need_not_be_named_again(home: Path, tmp_path: Path, below: str) -> None:
    put(tmp_path / "mine" / below)
    assert datasets.fetch("fashion-mnist", home, extra=(tmp_path / "mine",))[-1].found
    assert datasets.load("fashion-mnist", "train", 32, home).labels.tolist() == [7, 3]


def test_an_incomplete_folder_is_passed_over_and_told(home: Path, tmp_path: Path) -> None:
    (put(home / "datasets" / "FashionMNIST" / "raw") / "t10k-labels-idx1-ubyte").unlink()
    put(tmp_path / "system")
    first, last = datasets.fetch("fashion-mnist", home)
    assert first.outcome == "lacks t10k-labels-idx1-ubyte"
    assert last.found


def test_a_wrong_checksum_is_an_error_that_names_the_file(home: Path) -> None:
    path = put(files.own_folder(home)) / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    for call in (datasets.fetch, datasets.status):
        with pytest.raises(UserError, match=f"{path} has the wrong checksum"):
            call("fashion-mnist", home)
    with pytest.raises(UserError, match=f"{path} has the wrong checksum"):
        datasets.load("fashion-mnist", "test", 32, home)


def test_torchvision_first_then_debian(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(package: str, draft: Path) -> Path:
        put(draft / "root" / files.SYSTEM.relative_to("/"), gz=True)
        return draft / "root"

    monkeypatch.setattr(debian_package, "unpack", unpack)
    steps: list[str] = []
    tried = datasets.fetch("fashion-mnist", home, steps.append)
    assert [place.outcome for place in tried[-2:]] == ["no route to the mirror", f"put into {files.own_folder(home)}"]
    assert steps[-2:] == ["download through torchvision", "Debian's package dataset-fashion-mnist"]
    assert sorted(path.name for path in files.own_folder(home).iterdir()) == sorted(f"{n}.gz" for n in CONTENTS)
    assert datasets.status("fashion-mnist", home).place.found


def test_a_download_of_wrong_content_is_an_error_and_nothing_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tampered(draft: Path) -> Path:
        (put(draft) / "train-labels-idx1-ubyte").write_bytes(b"wrong")
        return draft

    monkeypatch.setattr(torchvision_download, "fashion_mnist", tampered)
    with pytest.raises(UserError, match="train-labels-idx1-ubyte has the wrong checksum"):
        datasets.fetch("fashion-mnist", home)
    assert not list(files.own_folder(home).iterdir())


def test_when_nothing_works_one_message_names_every_place_and_what_to_do(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        datasets.load("fashion-mnist", "train", 32, home, extra=(tmp_path / "mine",))
    (problem,) = caught.value.problems
    for expected in (
        f"{files.own_folder(home)}: lacks",
        f"{tmp_path / 'mine'}: lacks",
        f"{tmp_path / 'system'}: lacks",
        "torchvision: no route to the mirror",
        "dataset-fashion-mnist: this system has no apt-get",
        f"Put these four files into {files.own_folder(home)}",
        *CONTENTS,
    ):
        assert expected in problem.message


def test_status_fetches_nothing(home: Path) -> None:
    found = datasets.status("fashion-mnist", home)
    assert not found.place.found
    assert not home.exists()
