"""Folders of images: what is read, in which order, what is refused."""

import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from gan_core import datasets
from gan_core.datasets import Options, decode
from gan_core.problems import UserError
from tests.gan_core.datasets.folders import load
from tests.gan_core.datasets.pictures import encoded, fill, noise

PHOTOS = os.environ.get("GAN_ABLATIONS_TEST_PHOTOS")


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


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    load(fill(tmp_path / "pictures", 70), tmp_path / "home", on_progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "decoding"] == [("decoding", n, 70) for n in (0, 32, 64, 70)]


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
