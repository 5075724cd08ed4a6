"""A trained generator as an MLflow model: a folder that loads without this project, latents in and images out.

Imported by the exporting child alone, for it needs torch. MLflow's `pt2` format holds the traced program and its
weights: G as it is scored (a moving average where there is one), in evaluation mode, on the CPU, for any batch.
"""

from importlib.metadata import version
from pathlib import Path

import mlflow.pytorch
import numpy as np
import torch
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from gan_core.show.saved import SavedGenerator, load_generator

EXAMPLES = 2  # torch.export takes a batch of 1 for one that is always 1
CHECKED = (1, 3)  # other batches, which the exported program must draw as G does
TOLERANCE = 1e-5  # of images in [-1, 1]
EXAMPLE, CHECK = "latent.example", "latent.check"  # streams: training, scoring and `sample` have others


class ExportError(Exception):
    """The exported program does not draw what G draws."""


def save_generator(directory: Path, out: Path) -> None:
    """Write the best generator of the run in `directory` as an MLflow model into the new folder `out`.

    Raises what `save_model` raises; UserError where there is no such generator.
    """
    save_model(load_generator(directory, "best"), out)


def save_model(saved: SavedGenerator, out: Path) -> None:
    """Write the generator as an MLflow model into the new folder `out`.

    Input: z, float32 [N latent_dim], of the run's distribution (in the model's metadata). Output: images, float32
    [N C H W] in [-1, 1]. Raises ExportError where the program is not G, and what torch.export raises where G can't be
    traced.
    """
    config = saved.config
    # Not the layout that convolutions train fastest in on a CPU: torch.export warns of it
    G = saved.G.eval().requires_grad_(False).to(memory_format=torch.contiguous_format)
    examples = saved.latents(EXAMPLE, EXAMPLES)  # [N latent_dim]
    channels, height, width = G(examples).shape[1:]
    mlflow.pytorch.save_model(
        G,
        str(out),
        signature=ModelSignature(
            inputs=Schema([TensorSpec(np.dtype("float32"), (-1, config.latent_dim))]),
            outputs=Schema([TensorSpec(np.dtype("float32"), (-1, channels, height, width))]),
        ),
        input_example=examples.numpy(),
        serialization_format="pt2",
        pip_requirements=[f"torch=={_public(torch.__version__)}", f"numpy=={version('numpy')}"],
        metadata={
            "latent": config.latent,
            "latent_dim": config.latent_dim,
            "images": f"float32 [N {channels} {height} {width}] in [-1, 1]",
        },
    )
    program = mlflow.pytorch.load_model(str(out))
    for count in CHECKED:
        z = saved.latents(CHECK, count)
        difference = float((program(z) - G(z)).abs().max())
        if not difference <= TOLERANCE:
            raise ExportError(f"the exported program's images differ by {difference:g} from those of G")


def _public(number: str) -> str:
    """A version without its build: '2.15.0' of '2.15.0+cpu', which no package index has."""
    return number.partition("+")[0]
