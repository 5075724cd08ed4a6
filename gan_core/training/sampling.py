"""Latents -> uint8 images, and grids of them as PNG files."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.evaluation.quantise import to_uint8
from gan_core.game.latents import draw
from gan_core.machine.arithmetic import arithmetic
from gan_core.machine.files import replacing
from gan_core.nets.evaluating import evaluating
from gan_core.schema.configuration import Config

BATCH = 250


def fixed_latents(config: Config, name: str, count: int) -> Tensor:
    """A bank of latents [count latent_dim] that depends on (seed, name) alone: the same at each call, for every arm."""
    return draw(config, count, streams.generator(config.seed, name))


def sampled(G: nn.Module, latents: Tensor, device: torch.device) -> Iterator[Tensor]:
    """Batches of images, uint8 [n C H W], from G in evaluation mode (running statistics)."""
    for z in torch.split(latents, BATCH):
        # Entered anew for each batch: a mode held across a yield would leak into whoever asks for the images
        with evaluating(G), torch.inference_mode(), arithmetic():
            images = to_uint8(G(z.to(device)))
        yield images


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
