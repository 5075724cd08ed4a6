"""A trained generator as an MLflow model: a folder that loads without this project, latents in and images out.

Imported by the exporting child alone, for it needs torch. MLflow's `pt2` format holds the traced program and its
weights: G as it is scored (a moving average where there is one), in evaluation mode, on the CPU, for any batch.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow.pytorch
import numpy as np
import torch
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from torch import Tensor, nn

from gan_core.nets.conditional import bound
from gan_core.show.saved import SavedGenerator, load_generator

EXAMPLES = 2  # torch.export takes a batch of 1 for one that is always 1
CHECKED = (1, 3)  # other batches, which the exported program must draw as G does
TOLERANCE = 1e-5  # of images in [-1, 1]
EXAMPLE, CHECK = "latent.example", "latent.check"  # streams: training, scoring and `sample` have others


class OfClasses(nn.Module):
    """A conditional G as a function of z and y."""

    def __init__(self, G: nn.Module) -> None:
        super().__init__()
        self.G = G

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        images: Tensor = bound(self.G, y)(z)
        return images


class ExportError(Exception):
    """The exported program does not draw what G draws."""


def save_generator(directory: Path, out: Path) -> None:
    """Write the best generator of the run in `directory` as an MLflow model into the new folder `out`.

    Raises what `save_model` raises; UserError where there is no such generator.
    """
    save_model(load_generator(directory, "best"), out)


def save_model(saved: SavedGenerator, out: Path) -> None:
    """Write the generator as an MLflow model into the new folder `out`.

    Input: z, float32 [N latent_dim], of the run's distribution (in the model's metadata); of a conditional run also y,
    int64 [N], the numbers of the classes (their names are in the metadata). Output: images, float32 [N C H W] in
    [-1, 1]. Raises ExportError where the program is not G, and what torch.export raises where G can't be
    traced.
    """
    config = saved.config
    # Not the layout that convolutions train fastest in on a CPU: torch.export warns of it
    G = saved.G.eval().requires_grad_(False).to(memory_format=torch.contiguous_format)
    program_of = G if saved.classes is None else OfClasses(G)
    examples = _inputs(saved, EXAMPLE, EXAMPLES)
    channels, height, width = program_of(*examples).shape[1:]
    mlflow.pytorch.save_model(
        program_of,
        str(out),
        signature=ModelSignature(
            inputs=Schema(_specs(saved)),
            outputs=Schema([TensorSpec(np.dtype("float32"), (-1, channels, height, width))]),
        ),
        input_example=_example(examples),
        serialization_format="pt2",
        pip_requirements=[f"torch=={_public(torch.__version__)}", f"numpy=={version('numpy')}"],
        metadata={
            "latent": config.latent,
            "latent_dim": config.latent_dim,
            "images": f"float32 [N {channels} {height} {width}] in [-1, 1]",
            **({} if saved.classes is None else {"classes": list(saved.classes.names)}),
        },
    )
    program = mlflow.pytorch.load_model(str(out))
    for count in CHECKED:
        inputs = _inputs(saved, CHECK, count)
        difference = float((program(*inputs) - program_of(*inputs)).abs().max())
        if not difference <= TOLERANCE:
            raise ExportError(f"the exported program's images differ by {difference:g} from those of G")


def _inputs(saved: SavedGenerator, bank: str, count: int) -> tuple[Tensor, ...]:
    """z [N latent_dim], and of a conditional run y [N]."""
    labels = saved.labels(bank.replace("latent", "label"), count)
    z = saved.latents(bank, count)
    return (z,) if labels is None else (z, labels)


def _specs(saved: SavedGenerator) -> list[TensorSpec]:
    shape = (-1, saved.config.latent_dim)
    if saved.classes is None:
        return [TensorSpec(np.dtype("float32"), shape)]
    return [TensorSpec(np.dtype("float32"), shape, "z"), TensorSpec(np.dtype("int64"), (-1,), "y")]


def _example(examples: tuple[Tensor, ...]) -> Any:
    """As MLflow wants it: the array of a single input."""
    arrays = tuple(tensor.numpy() for tensor in examples)
    return arrays[0] if len(arrays) == 1 else arrays


def _public(number: str) -> str:
    """A version without its build: '2.15.0' of '2.15.0+cpu', which no package index has."""
    return number.partition("+")[0]
