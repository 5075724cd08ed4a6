"""Generated images next to the real ones nearest to them, as a picture in which a person can look for copies."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.features import take
from gan_core.evaluation.memorised import nearest_pairs
from gan_core.problems import Problem, UserError
from gan_core.training.sampling import save_grid

IMAGES = 24
NEIGHBOURS = 3
A_ROW = 4  # images a row, each with its neighbours


def draw_neighbours(evaluator: Evaluator, batches: Iterable[Tensor], n: int, path: Path) -> str:
    """Draw the first images, each followed by its three nearest real ones in the extractor's features.

    Returns in words how many of them are nearer to a real image than that is to any other (as `authenticity` counts).
    Raises UserError where the picture can't be written.
    """
    images = torch.cat(list(take(batches, min(n, IMAGES))))
    pairs = nearest_pairs(evaluator, images, NEIGHBOURS)
    cells = torch.cat([pairs.images[:, None], pairs.neighbours], dim=1).flatten(0, 1)  # [N*(1 + k) C H W]
    try:
        save_grid(cells, path, columns=A_ROW * (1 + NEIGHBOURS))
    except OSError as error:
        raise UserError(Problem(f"{path} can't be written: {error.strerror}", ("neighbours",))) from error
    copies = int(pairs.copies.sum())
    return (
        f"{path}: {len(images)} images, each followed by its {NEIGHBOURS} nearest real ones; {copies} of them nearer "
        "to a real image than that is to any other"
    )
