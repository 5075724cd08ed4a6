"""How many images an epoch has, and how many epochs a budget: by hand."""

from pathlib import Path
from typing import Any

import pytest

from gan_core.config import resolve
from gan_core.config.image_count import epochs_of, images_an_epoch
from tests.gan_core.datasets.pictures import fill


@pytest.mark.parametrize(
    ("settings", "images", "epochs"),
    [
        ({"budget_kimg": 120}, 60_000, 2),
        ({"budget_kimg": 120, "mirror": True}, 120_000, 1),
        ({"budget_kimg": 120, "max_images": 1000}, 1000, 120),
        ({"budget_kimg": 120, "max_images": 1000, "mirror": True}, 2000, 60),
        ({"budget_kimg": 120, "max_images": 1000, "d_steps": 5}, 1000, 120),
        # five updates of D on one batch: a fifth of the images is drawn
        ({"budget_kimg": 120, "max_images": 1000, "d_steps": 5, "reuse_batch_and_latents": True}, 1000, 24),
        ({"budget_kimg": 1, "data": "folder", "data_dir": "/nowhere", "extractor": "none"}, None, None),
    ],
)
def test_epochs(settings: dict[str, Any], images: int | None, epochs: float | None) -> None:
    config = resolve(settings)
    assert images_an_epoch(config) == images
    assert epochs_of(config) == (None if epochs is None else pytest.approx(epochs))


def test_a_folder_is_counted(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 7)
    config = resolve({"data": "folder", "data_dir": str(folder), "extractor": "none", "mirror": True, "batch_size": 2})
    assert images_an_epoch(config) == 14
