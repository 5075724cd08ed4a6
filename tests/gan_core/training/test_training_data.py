"""Settings about data, from the user's words to images that will do or a message that says why not."""

from pathlib import Path
from typing import Any

import pytest

from gan_core.config import resolve
from gan_core.problems import UserError
from gan_core.training import training_data
from tests.gan_core.datasets.pictures import fill

COLOUR = {"data": "folder", "extractor": "none", "image_size": 16, "batch_size": 4}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": "folder"}, "data: 'folder' needs data_dir"),
        ({"data_dir": "x"}, "data_dir: is for `data: folder` only"),
        ({"skip_broken": True}, "skip_broken: is for `data: folder` only"),
        ({"data": "fodler"}, "did you mean 'folder'"),
        ({"data": "folder", "data_dir": ""}, "data_dir: "),
        ({"fit": "squeeze"}, "fit: .*allowed: crop, stretch"),
        ({"extractor": "non"}, "did you mean 'none'"),
        ({"data": "cifar-10"}, "data: fmnistcnn scores grey images, those of cifar-10 are colour.*extractor: none"),
        (
            {"max_images": 70_000},
            "max_images: 70000 is more than the 60000 training images of fashion-mnist; allowed: at",
        ),
        ({"max_images": 50}, "max_images: 50 images are fewer than a batch of 64; allowed: at least 64, or a smaller"),
        ({"max_images": 0}, "max_images: 0 is out of range"),
        ({"max_images": "all"}, "max_images: "),
        ({"mirror": 1}, "mirror: "),
        ({"data": "celeba", "extractor": "fmnistcnn"}, "extractor: fmnistcnn scores grey images"),
    ],
)
def test_mistakes_that_need_no_look_at_the_data(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        resolve(settings)


def test_what_is_right() -> None:
    for settings in ({"data": "mnist"}, {"data": "celeba", "extractor": "none"}, {"data": "folder", "data_dir": "x"}):
        assert resolve(resolve(settings).plain()) == resolve(settings)
    assert "data_dir" not in resolve({}).plain()


def test_runs_on_the_same_images_share_them() -> None:
    first, again = (resolve({**COLOUR, "data_dir": "x", "lr_g": rate}) for rate in (1e-3, 2e-3))
    others = [{"data_dir": "y"}, {"fit": "stretch"}, {"image_size": 32}, {"skip_broken": True}]
    keys = {training_data.key(resolve({**COLOUR, "data_dir": "x", **other})) for other in others}
    assert training_data.key(first) == training_data.key(again)
    assert len(keys | {training_data.key(first)}) == 5


def test_fewer_images_than_a_batch(tmp_path: Path) -> None:
    settings = {**COLOUR, "data_dir": str(fill(tmp_path / "pictures", 3))}
    with pytest.raises(
        UserError, match="batch_size: a batch of 4 is more than the 3 images of folder; allowed: at most 3"
    ):
        training_data.load(resolve(settings), tmp_path)
    assert len(training_data.load(resolve({**settings, "batch_size": 3}), tmp_path)) == 3


def test_more_images_than_a_folder_has(tmp_path: Path) -> None:
    settings = {**COLOUR, "data_dir": str(fill(tmp_path / "pictures", 6))}
    with pytest.raises(UserError, match="max_images: 7 is more than the 6 images of folder; allowed: at most 6"):
        training_data.load(resolve({**settings, "max_images": 7}), tmp_path)
    assert len(training_data.load(resolve({**settings, "max_images": 6}), tmp_path)) == 6


def test_a_folder_in_colour_under_an_extractor_for_grey(tmp_path: Path) -> None:
    settings = {**COLOUR, "data_dir": str(fill(tmp_path / "pictures", 5))}
    with pytest.raises(UserError, match=r"extractor: fmnistcnn scores grey images.*`extractor: none`"):
        training_data.load(resolve({**settings, "extractor": "fmnistcnn"}), tmp_path)
    grey = {**settings, "extractor": "fmnistcnn", "data_dir": str(fill(tmp_path / "grey", 5, (16, 16)))}
    assert training_data.load(resolve(grey), tmp_path).channels == 1
