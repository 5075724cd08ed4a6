"""Atomic save and load of a whole run: networks, optimizers, tricks, random streams, and its place in the timetable."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from gan_core.machine.files import replacing
from gan_core.problems import UserError
from gan_core.training.build import State

NAME = "checkpoint.pt"
SCHEMA_VERSION = 2


def save(path: Path, state: State, progress: dict[str, Any]) -> None:
    """Write `state` and `progress` (plain data and tensors); a crash leaves the former file whole."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": state.config.fingerprint(),
        "parts": {name: thing.state_dict() for name, thing in state.stateful().items()},
        "clock": {"step": state.clock.step, "images": state.clock.images},
        "meter": state.meter.state_dict(),
        "progress": progress,
    }
    with replacing(path) as temporary:
        torch.save(content, temporary)


def load(path: Path, state: State) -> dict[str, Any]:
    """Restore `state` in place and return `progress`. Raises UserError where the file belongs to another run."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    if content["schema_version"] != SCHEMA_VERSION:
        raise UserError(f"{path} was written by another version of the trainer; start in an empty folder")
    if content["fingerprint"] != state.config.fingerprint():
        raise UserError(f"{path} belongs to a run with other settings; start in an empty folder")
    for name, thing in state.stateful().items():
        thing.load_state_dict(content["parts"][name])
    state.clock.step, state.clock.images = content["clock"]["step"], content["clock"]["images"]
    state.meter.load_state_dict(content["meter"], state.device)
    progress: dict[str, Any] = content["progress"]
    return progress


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Write a generator's weights as safetensors, atomically."""
    with replacing(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary)
