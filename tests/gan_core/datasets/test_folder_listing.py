"""Folders of images are read once: what is kept, when it is made anew, and that only one process makes it."""

import multiprocessing
import os
import shutil
import socket
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets import folder_listing
from gan_core.problems import UserError
from tests.gan_core.datasets.folders import load
from tests.gan_core.datasets.pictures import encoded, fill, noise


def test_the_second_time_nothing_is_read_and_a_moved_folder_is_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home = fill(tmp_path / "pictures", 5), tmp_path / "home"
    first = load(folder, home)
    told: list[str] = []
    copied = shutil.copytree(folder, tmp_path / "copied")
    assert load(copied, home, on_progress=lambda what, *_: told.append(what)).digest == first.digest
    assert set(told) == {"reading"}
    monkeypatch.setattr(folder_listing, "read_file", None)  # calling it would fail
    again = load(folder, home)
    assert again.digest == first.digest
    np.testing.assert_array_equal(again.images, first.images)


@pytest.mark.parametrize("change", ["pixel", "name", "class", "added", "removed"])
def test_changed_content_is_noticed(tmp_path: Path, change: str) -> None:
    folder, home = fill(tmp_path / "pictures", 5), tmp_path / "home"
    first = load(folder, home)
    match change:
        case "pixel":
            pixels = noise((12, 10, 3), 0)
            pixels[5, 5] ^= 128
            (folder / "000.png").write_bytes(encoded(pixels))
        case "name":
            (folder / "000.png").rename(folder / "zzz.png")
        case "class":
            (folder / "c").mkdir()
            (folder / "004.png").rename(folder / "c" / "004.png")
        case "added":
            fill(folder, 1, first=9)
        case "removed":
            (folder / "000.png").unlink()
    assert load(folder, home).digest != first.digest


def test_size_and_fit_are_other_images(tmp_path: Path) -> None:
    folder, home = fill(tmp_path / "pictures", 3), tmp_path / "home"
    several = [load(folder, home, size, fit) for size in (8, (8, 6)) for fit in ("crop", "stretch")]  # type: ignore[arg-type]
    assert len({loaded.digest for loaded in several}) == 4
    assert load(folder, home, (8, 8)).digest == several[0].digest


def test_damage_to_the_notes_means_reading_again(tmp_path: Path) -> None:
    folder, home = fill(tmp_path / "pictures", 3), tmp_path / "home"
    first = load(folder, home)
    (note,) = (home / "prepared" / ".folders").iterdir()
    note.write_text("{")
    (images,) = home.glob("prepared/folder-*/images.npy")
    images.write_bytes(images.read_bytes()[:-9])
    assert load(folder, home).digest == first.digest
    assert len([path for path in (home / "prepared").iterdir() if not path.name.startswith(".")]) == 1


def test_what_ends_it_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, home = fill(tmp_path / "pictures", 70), tmp_path / "home"

    def stop(what: str, done: int, total: int) -> None:
        if what == "decoding" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(folder, home, on_progress=stop)
    assert {path.name for path in (home / "prepared").iterdir()} <= {".locks", ".folders"}
    assert len(load(folder, home)) == 70


def test_of_two_that_start_at_once_the_second_waits_for_the_first(tmp_path: Path) -> None:
    folder, home = fill(tmp_path / "pictures", 70), tmp_path / "home"
    in_the_middle, go_on = threading.Event(), threading.Event()
    second: list[str] = []

    def slow(what: str, done: int, total: int) -> None:
        if what == "decoding":
            in_the_middle.set()
            assert go_on.wait(30)

    def quick(what: str, done: int, total: int) -> None:
        second.append(what)
        go_on.set() if what.startswith("waiting") else None

    first = threading.Thread(target=load, args=(folder, home), kwargs={"on_progress": slow})
    first.start()
    assert in_the_middle.wait(30)
    loaded = load(folder, home, on_progress=quick)
    first.join()
    assert "decoding" not in second
    assert "waiting for another process that prepares these images" in second
    assert len(loaded) == 70


def _load_slowly(folder: Path, home: Path) -> tuple[str, bool]:
    decoded = []

    def tell(what: str, done: int, total: int) -> None:
        if what == "decoding":
            decoded.append(done)
            time.sleep(0.05)

    return load(folder, home, on_progress=tell).digest, bool(decoded)


def test_processes_that_start_at_once_decode_once(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 200)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(_load_slowly, [folder] * 2, [tmp_path / "home"] * 2))
    assert len({digest for digest, _ in results}) == 1
    assert sum(decoded for _, decoded in results) == 1


@pytest.mark.parametrize(
    ("kind", "word"), [("pipe", "a pipe"), ("device", "a device"), ("socket", "a socket"), ("vast", "MiB")]
)
def test_what_must_not_be_read_is_named_and_nothing_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, word: str
) -> None:
    folder = fill(tmp_path / "pictures", 3)
    path = folder / "other.png"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "socket":
            monkeypatch.chdir(folder)  # a socket's path is short
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        case "vast":
            with open(path, "wb") as file:
                file.truncate(folder_listing.MAX_FILE + 1)  # takes no room on the disk
    monkeypatch.setattr(folder_listing, "read_file", None)  # calling it would fail
    with pytest.raises(UserError, match=rf"other\.png \(.*{word}"):
        load(folder, tmp_path / "home")
    assert not (tmp_path / "home" / "prepared").exists()


def test_what_takes_a_file_s_place_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "folder.png").mkdir()
    assert [folder_listing.read_file(tmp_path, path.name) for path in tmp_path.iterdir()] == [b"", b"", b""]


def test_a_link_to_nothing_is_a_broken_file_as_before(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 3)
    (folder / "gone.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"gone\.png"):
        load(folder, tmp_path / "home")
    assert load(folder, tmp_path / "home", skip_broken=True).skipped == 1


def test_a_folder_that_goes_while_it_is_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "pictures", 3)
    (folder / "a").mkdir()
    scandir = os.scandir

    def gone(path: Path) -> object:
        if path.name == "a":
            path.rmdir()
        return scandir(path)

    monkeypatch.setattr(os, "scandir", gone)
    with pytest.raises(UserError, match=r"/a can't be listed: No such file"):
        folder_listing.listing_of(folder)
