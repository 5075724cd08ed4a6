"""Pictures that are copies of training images stand beside themselves."""

from pathlib import Path

import numpy as np
import PIL.Image

from gan_core import datasets
from gan_core.scoring.evaluate import evaluate
from gan_core.scoring.request import Place, ScoreRequest

SIDE = 16  # px
PADDING = 2


def cell(grid: np.ndarray, row: int, column: int) -> np.ndarray:
    top, left = (PADDING + i * (SIDE + PADDING) for i in (row, column))
    return grid[top : top + SIDE, left : left + SIDE]


def test_a_copy_s_nearest_real_image_is_itself(home: Path, tmp_path: Path) -> None:
    reals = datasets.load("shapes", "train", SIDE, home).images
    folder = tmp_path / "copies"
    folder.mkdir()
    for i in range(30):
        PIL.Image.fromarray(np.array(reals[i, 0])).save(folder / f"{i:03}.png")
    drawn = tmp_path / "drawn" / "pairs.png"
    request = ScoreRequest(reference="shapes:train", size=(SIDE, SIDE), metrics=("fid",), neighbours=drawn)
    found = evaluate(folder, request, Place(home))
    assert any("24 images" in note and "; 24 of them nearer" in note for note in found.notes)
    grid = np.array(PIL.Image.open(drawn).convert("L"))
    assert grid.shape == (6 * (SIDE + PADDING) + PADDING, 16 * (SIDE + PADDING) + PADDING)
    for row in range(6):
        for column in range(0, 16, 4):
            image, nearest, second = (cell(grid, row, column + k) for k in range(3))
            assert np.array_equal(image, nearest)
            assert not np.array_equal(image, second)
