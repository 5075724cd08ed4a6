"""Latents -> uint8 images, and grids of them as PNG files."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.datasets.labels import Classes
from gan_core.evaluation.quantise import to_uint8
from gan_core.game.latents import draw
from gan_core.machine.arithmetic import arithmetic
from gan_core.machine.files import replacing
from gan_core.nets.conditional import bound
from gan_core.nets.evaluating import evaluating
from gan_core.schema.configuration import Config

BATCH = 250
CLASS_COLUMNS, MOST_CLASS_ROWS = 8, 20  # of grids with a row a class


def fixed_latents(config: Config, name: str, count: int) -> Tensor:
    """A bank of latents [count latent_dim] that depends on (seed, name) alone: the same at each call, for every arm."""
    return draw(config, count, streams.generator(config.seed, name))


def fixed_labels(config: Config, classes: Classes, name: str, count: int) -> Tensor:
    """A bank of labels [count], drawn with the frequencies of the classes: the same at each call, for every arm."""
    return classes.draw(count, streams.generator(config.seed, name))


def sampled(G: nn.Module, latents: Tensor, device: torch.device, labels: Tensor | None = None) -> Iterator[Tensor]:
    """Batches of images, uint8 [n C H W], from G in evaluation mode (running statistics).

    `labels` [N]: the classes that a conditional G is to draw.
    """
    for start in range(0, len(latents), BATCH):
        z = latents[start : start + BATCH]
        y = None if labels is None else labels[start : start + BATCH].to(device)
        # Entered anew for each batch: a mode held across a yield would leak into whoever asks for the images
        with evaluating(G), torch.inference_mode(), arithmetic():
            images = to_uint8(bound(G, y)(z.to(device)))
        yield images


def a_row_a_class(latents: Tensor, classes: int, rows: int) -> tuple[Tensor, Tensor]:
    """Latents [rows*n latent_dim] and labels [rows*n] of a grid from n latents: row k is of class k, column j of z_j.

    With fewer rows than classes they are evenly spaced among the classes.
    """
    shown = torch.linspace(0, classes - 1, rows).round().long()
    return latents.repeat(rows, 1), shown.repeat_interleave(len(latents))


def save_grid(images: Tensor, path: Path, columns: int | None = None) -> None:
    """Write uint8 images [n C H W] as one PNG, near-square unless `columns` are given, atomically. Grey stays grey."""
    from torchvision.transforms.functional import to_pil_image
    from torchvision.utils import make_grid

    columns = columns or math.ceil(math.sqrt(len(images)))
    grid = make_grid(images.cpu(), nrow=columns, padding=2, pad_value=255)  # repeats grey to RGB
    grid = grid[: images.shape[1]]  # a third of the bytes before, and half of them after compression
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, durable=False) as temporary:
        to_pil_image(grid).save(temporary, format="PNG")
