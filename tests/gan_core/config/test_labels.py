"""What may be said of labels, known before anything is read: one clear message each."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from gan_core.config import resolve
from gan_core.problems import UserError
from gan_core.training import training_data


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"data": "celeba", "extractor": "none", "conditional": True},
            r"^conditional: the images of celeba have no labels, .*allowed: fashion-mnist, mnist, cifar-10, shapes, or",
        ),
        ({"conditioning_g": "concatenation"}, "^conditioning_g: has no effect without `conditional: true`$"),
        ({"conditioning_d": "auxiliary"}, "^conditioning_d: has no effect without `conditional: true`$"),
        (
            {"conditional": True, "auxiliary_weight": 0.5},
            "^auxiliary_weight: has no effect without `conditioning_d: auxiliary`$",
        ),
        ({"conditional": True, "conditioning_d": "projektion"}, r"conditioning_d: .*did you mean 'projection'\?$"),
        ({"conditional": True, "conditioning_g": "batchnorm"}, r"conditioning_g: .*did you mean 'batch_norm'\?$"),
        (
            {"conditional": True, "norm_g": "none"},
            "^conditioning_g: batch_norm needs norm_g: batch .*concatenation goes",
        ),
        ({"conditional": True, "replay": True}, "^replay: does not go with conditional: true .*other classes"),
        ({"metrics": "fid, class_fid"}, "^metrics: class_fid: a score by class needs .*`conditional: true`"),
        (
            {"conditional": True, "data": "mnist", "metrics": "fid, label_agreement"},
            "^metrics: label_agreement: fmnistcnn tells T-shirt/top.* the classes of the data are 0",
        ),
        (
            {"conditional": True, "progress_metrics": "fid, class_fid", "progress_samples": 500},
            "^progress_metrics: class_fid: 500 fakes are too few for 10 classes; allowed: at least 1000",
        ),
        ({"conditional": "yes"}, "^conditional: "),
        ({"conditional": True, "auxiliary_weight": 0, "conditioning_d": "auxiliary"}, "^auxiliary_weight: .*> 0"),
    ],
    ids=str,
)
def test_mistakes(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words) as error:
        resolve(settings)
    assert len(error.value.problems) == 1


def test_what_goes() -> None:
    config = resolve({"conditional": True, "metrics": "fid, class_fid, class_coverage, label_agreement"})
    assert (config.conditioning_g, config.conditioning_d) == ("batch_norm", "projection")
    assert resolve(config.plain()) == config
    for name in ("mlp", "wgan_tf"):
        resolve({"architecture": name, "conditional": True, "conditioning_g": "concatenation"})
    # An arm of a conditional study that goes without labels, and names no more than that
    resolve({"conditional": False, "conditioning_d": "auxiliary"}, named=("conditional",))


def folder_of(root: Path, files: list[str]) -> Path:
    for i, name in enumerate(files):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(np.full((16, 16), 10 * i, dtype=np.uint8)).save(root / name)
    return root


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["1.png", "2.png", "3.png"], "^conditional: the images of folder have no labels.*a subfolder for each class"),
        (["a/1.png", "a/2.png", "a/3.png"], "^conditional: the images of folder have no labels"),
        (["a/1.png", "b/2.png", "3.png"], "^conditional: some images lie in no subfolder"),
    ],
)
def test_a_folder_without_classes(files: list[str], words: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "images", files)
    config = resolve(
        {"data": "folder", "data_dir": str(folder), "conditional": True, "image_size": 16, "batch_size": 2}
    )
    with pytest.raises(UserError, match=words) as error:
        training_data.load(config, tmp_path / "home")
    assert len(error.value.problems) == 1


def test_a_folder_with_classes(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "images", ["cat/1.png", "dog/2.png", "dog/deep/3.png"])
    settings = {"data": "folder", "data_dir": str(folder), "conditional": True, "image_size": 16, "batch_size": 2}
    loaded = training_data.load(resolve(settings), tmp_path / "home")
    assert loaded.classes == ("cat", "dog")
    assert loaded.labels.tolist() == [0, 1, 1]
    asked = resolve({**settings, "metrics": ["fid", "class_fid", "label_agreement"], "full_samples": 100})
    with pytest.raises(
        UserError, match=r"100 fakes are too few for 2 classes(.|\n)*tells T-shirt/top.* data are cat, dog"
    ):
        training_data.load(asked, tmp_path / "home")
