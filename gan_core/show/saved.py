"""A run's generator, rebuilt from its folder: configuration from the journal, weights from safetensors, no pickle."""

from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from gan_core import journal
from gan_core.config import resolve
from gan_core.datasets import DATASETS
from gan_core.datasets.labels import Classes, Labelling
from gan_core.events import AnyEvent, Started
from gan_core.machine.devices import checked_device
from gan_core.machine.permission import check_readable
from gan_core.plugins.permission import load_kept
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training import checkpoint
from gan_core.training.build import build
from gan_core.training.sampling import fixed_labels, fixed_latents, sampled

Which = Literal["best", "last"]


@dataclass(frozen=True)
class SavedGenerator:
    """The generator that was scored, with the weights of the best score on the way or of the end.

    `classes`: those that a conditional one draws; None where it is told of none.
    """

    config: Config
    G: nn.Module
    device: torch.device
    classes: Classes | None = None

    def latents(self, bank: str, count: int, seed: int | None = None) -> Tensor:
        """Latents [count latent_dim] of the run's own distribution; each (seed, bank) is a stream of its own."""
        config = self.config if seed is None else self.config.with_seed(seed)
        return fixed_latents(config, bank, count)

    def labels(self, bank: str, count: int, classes: Classes | None = None) -> Tensor | None:
        """Labels [count] with the frequencies of these classes, by default its training images'; None without any."""
        if self.classes is None:
            return None
        return fixed_labels(self.config, classes or self.classes, bank, count)

    def draw(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images of these latents, uint8 [n C H W], on the CPU; of these classes, if it is conditional.

        Raises NotFiniteError.
        """
        return torch.cat([images.cpu() for images in sampled(self.G, latents, self.device, labels)])


def load_generator(directory: Path, which: Which, device: str = "cpu") -> SavedGenerator:
    """The generator of the run in this folder.

    Raises UserError where there is no run, no such weights yet, no such device, or weights that are damaged or another
    network's.
    """
    start = started(journal.read(directory), directory)
    load_kept(directory, start.config)
    path = directory / f"{which}.safetensors"
    if not path.exists():
        others = ", ".join(sorted(p.stem for p in directory.glob("*.safetensors")))
        message = f"this run has no {which} weights yet"
        raise UserError(Problem(message, source=str(directory), allowed=others or "train on to its first score"))
    return _generator(start, path, device)


def load_weights(path: Path, device: str = "cpu") -> SavedGenerator:
    """The generator with the weights in this file: safetensors, or a checkpoint, in the folder of its run.

    Raises UserError where there is no run beside it, or where it holds anything but this run's weights.
    """
    start = started(journal.read(path.parent), path.parent)
    load_kept(path.parent, start.config)
    return _generator(start, path, device)


def _generator(start: Started, path: Path, device: str) -> SavedGenerator:
    checked_device(device)
    config = resolve(start.config, named=())
    shape = start.image_shape or (DATASETS[config.data].channels, *config.shape)
    stand_ins = np.zeros((config.batch_size, *shape), dtype=np.uint8)
    stand_ins[0] = 1  # images of a single value could not be standardised
    classes = Classes(tuple(start.labels), tuple(start.labels.values())) if config.conditional else None
    labels = None if classes is None else Labelling(np.zeros(len(stand_ins), dtype=np.int64), classes)
    state = build(config, stand_ins, torch.device(device), labels)
    check_readable(path)
    try:
        if path.name == checkpoint.NAME:
            checkpoint.load(path, state)
        else:
            state.shown_g.load_state_dict(load_file(path))
    # What a damaged checkpoint leads torch to is a RuntimeError, an unpickler's or a lookup error
    except (SafetensorError, RuntimeError, UnpicklingError, EOFError, LookupError, OSError) as error:
        message = f"these are no weights of this run's generator: {str(error).splitlines()[0]}"
        raise UserError(Problem(message, source=str(path))) from error
    return SavedGenerator(config, state.shown_g, torch.device(device), classes)


def started(events: list[AnyEvent], directory: Path) -> Started:
    """The event that holds the configuration. Raises UserError where the journal has none."""
    for event in events:
        if isinstance(event, Started):
            return event
    message = f"there is no run: no {journal.NAME} with a beginning"
    raise UserError(Problem(message, source=str(directory)))
