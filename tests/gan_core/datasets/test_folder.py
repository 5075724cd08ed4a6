"""Folders of images: what is read, in which order, what is refused, and that it is done once."""

import multiprocessing
import os
import shutil
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from gan_core import datasets
from gan_core.datasets import ImageSet, Options, decode, image_folder
from gan_core.datasets.record import Fit, OnProgress
from gan_core.problems import UserError
from tests.gan_core.datasets.pictures import encoded, fill, noise

PHOTOS = os.environ.get("GAN_ABLATIONS_TEST_PHOTOS")


def load(
    folder: Path,
    home: Path,
    size: int | tuple[int, int] = 8,
    fit: Fit = "crop",
    skip_broken: bool = False,
    on_progress: OnProgress | None = None,
) -> ImageSet:
    options = Options(fit, folder, skip_broken)
    return datasets.load("folder", "train", size, home, options=options, on_progress=on_progress)


def test_images_come_in_the_order_of_their_names_decoded_as_one_by_one(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 70)
    loaded = load(folder, tmp_path / "home", (6, 8), "stretch")
    assert isinstance(loaded.images, np.memmap)
    assert loaded.images.shape == (70, 3, 6, 8)
    for i in (0, 31, 32, 69):
        expected = decode.decode((folder / f"{i:03}.png").read_bytes(), (6, 8), "stretch", 3)
        np.testing.assert_array_equal(loaded.images[i], expected)
    assert loaded.labels.tolist() == [0] * 70
    assert "resized to 6x8" in loaded.transform


def test_subfolders_are_classes_and_nested_ones_belong_to_theirs(tmp_path: Path) -> None:
    for i, name in enumerate(["cat/a.png", "cat/deep/b.png", "dog/c.PNG", "top.png", "ape/d"]):
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(np.full((8, 8, 3), i, dtype=np.uint8)))
    loaded = load(tmp_path / "pictures", tmp_path / "home")
    assert loaded.images[:, 0, 0, 0].tolist() == [4, 0, 1, 2, 3]  # by name
    assert loaded.labels.tolist() == [1, 2, 2, 3, 0]  # ., ape, cat, dog


@pytest.mark.parametrize(("colours", "channels"), [([], 1), (["RGB"], 3), (["P"], 3), (["RGBA"], 3)])
def test_grey_only_where_every_file_is(tmp_path: Path, colours: list[str], channels: int) -> None:
    folder = fill(tmp_path / "pictures", 3, (8, 8))
    (folder / "one-bit.png").write_bytes(encoded(noise((8, 8)) > 9))
    for mode in colours:
        PIL.Image.new("RGB", (8, 8), (9, 99, 199)).convert(mode).save(folder / f"{mode}.png")
    loaded = load(folder, tmp_path / "home")
    assert loaded.channels == channels
    np.testing.assert_array_equal(loaded.images[0, -1], noise((8, 8), 0))
    assert ("RGB" in loaded.transform) == (channels == 3)


def test_hidden_files_are_not_looked_at_and_links_are_followed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 2)
    (folder / ".DS_Store").write_bytes(b"x")
    fill(folder / ".git", 1)
    fill(tmp_path / "elsewhere", 1, first=7)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "endless").symlink_to(folder)
    assert load(folder, tmp_path / "home").labels.tolist() == [0, 0, 1]


def damaged(folder: Path) -> Path:
    """Four images, and a file of each kind that is none."""
    fill(folder, 4)
    (folder / "002.5.jpg").write_bytes(encoded(noise((64, 64, 3)), "JPEG")[:-300])
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("no image")
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    return folder


def test_files_that_are_no_images_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load(damaged(tmp_path / "pictures"), tmp_path / "home")
    (problem,) = caught.value.problems
    assert problem.where == ("data_dir",)
    assert "holds 4 file(s) that are no images" in problem.message
    for text in ("002.5.jpg: image file is truncated", "empty.png: zero bytes", "notes.txt: no image", "dangling.png"):
        assert text in problem.message
    assert "skip_broken" in problem.allowed


def test_on_request_they_are_left_out_and_counted(tmp_path: Path) -> None:
    folder, home = damaged(tmp_path / "pictures"), tmp_path / "home"
    loaded = load(folder, home, skip_broken=True)
    assert (len(loaded), loaded.skipped) == (4, 4)
    clean = load(fill(tmp_path / "clean", 4), home)
    np.testing.assert_array_equal(loaded.images, clean.images)
    assert (clean.skipped, len(loaded.labels)) == (0, 4)
    with pytest.raises(UserError, match="4 file"):  # what was prepared does not hide them
        load(folder, home)


def test_a_long_list_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 2)
    for i in range(60):
        (folder / f"x{i:02}").touch()
    with pytest.raises(
        UserError, match=r"(?s)60 file.*x49: zero bytes\n  and 10 more, all in (.*record\.json)"
    ) as caught:
        load(folder, tmp_path / "home")
    record = Path(str(caught.value).split("all in ")[1].split(";")[0])
    assert "x59: zero bytes" in record.read_text()


def test_folders_that_hold_nothing_to_learn_from(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(UserError, match=r"nowhere does not exist; allowed: a folder of images"):
        load(tmp_path / "nowhere", home)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is no folder"):
        load(tmp_path / "file", home)
    (tmp_path / "empty" / "class").mkdir(parents=True)
    with pytest.raises(UserError, match="holds no files"):
        load(tmp_path / "empty", home)
    with pytest.raises(UserError, match="holds a single image"):
        load(fill(tmp_path / "one", 1), home)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "x").touch()
    with pytest.raises(UserError, match="holds no image; "):
        load(tmp_path / "none", home, skip_broken=True)
    with pytest.raises(UserError, match="allowed: train"):
        datasets.load("folder", "test", 8, home, options=Options(folder=tmp_path))


def test_the_second_time_nothing_is_read_and_a_moved_folder_is_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home = fill(tmp_path / "pictures", 5), tmp_path / "home"
    first = load(folder, home)
    told: list[str] = []
    copied = shutil.copytree(folder, tmp_path / "copied")
    assert load(copied, home, on_progress=lambda what, *_: told.append(what)).digest == first.digest
    assert set(told) == {"reading"}
    monkeypatch.setattr(image_folder, "read_file", None)  # calling it would fail
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


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    load(fill(tmp_path / "pictures", 70), tmp_path / "home", on_progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "decoding"] == [("decoding", n, 70) for n in (0, 32, 64, 70)]


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


@pytest.mark.skipif(PHOTOS is None, reason="GAN_ABLATIONS_TEST_PHOTOS names no folder of photographs")
def test_real_photographs(tmp_path: Path) -> None:
    photos = Path(str(PHOTOS))
    names = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*") if path.is_file())
    loaded = load(photos, tmp_path, 32)
    assert loaded.images.shape == (len(names), 3, 32, 32)
    i = len(names) // 2
    with PIL.Image.open(photos / names[i]) as image:
        np.testing.assert_array_equal(loaded.images[i], np.moveaxis(np.asarray(image.convert("RGB")), -1, 0))
    folders = sorted({name.split("/")[0] for name in names})
    assert folders[loaded.labels[i]] == names[i].split("/")[0]
