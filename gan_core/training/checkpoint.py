"""Save and load of a whole run: networks, optimizers, tricks, random streams, and its place in the timetable.

A new checkpoint takes the place of the former one only once it has been read back, and the former one is kept beside
it until the run has ended. A damaged one is told from a sound one by the checksums of its parts; it holds no code.
"""

import os
import zipfile
import zlib
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from gan_core.machine.files import replacing
from gan_core.problems import Problem, UserError
from gan_core.training.build import State

NAME, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"
SCHEMA_VERSION = 3
KNOWN = (2, SCHEMA_VERSION)  # version 2 lacks the settings in words
DAMAGES = (zipfile.BadZipFile, zlib.error, UnpicklingError, RuntimeError, EOFError, LookupError, ValueError)


class DamagedError(RuntimeError):
    """A checkpoint that is not what was written. Its text says why, in a few words."""


def save(path: Path, state: State, progress: dict[str, Any]) -> None:
    """Write `state` and `progress` (plain data and tensors), and keep the former checkpoint as `PREVIOUS`.

    A crash leaves at least one of them whole. Raises OSError where the new one can't be written or read back.
    """
    content = {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": state.config.fingerprint(),
        "settings": state.config.plain(),
        "parts": {name: thing.state_dict() for name, thing in state.stateful().items()},
        "clock": {"step": state.clock.step, "images": state.clock.images},
        "meter": state.meter.state_dict(),
        "progress": progress,
    }
    with replacing(path) as temporary:
        with open(temporary, "wb") as file:  # given a path, torch keeps to itself why it can't write
            torch.save(content, file)
        _prove(temporary)
        if path.exists():
            os.replace(path, path.with_name(PREVIOUS))


def forget_previous(directory: Path) -> None:
    """Remove the former checkpoint: the run has ended."""
    (directory / PREVIOUS).unlink(missing_ok=True)


def load(path: Path, state: State) -> dict[str, Any]:
    """Restore `state` in place and return `progress`.

    Raises DamagedError for a damaged file, after which `state` is of no use, and UserError with the difference where
    the file belongs to another run.
    """
    content = _read(path)
    _check(path, content, state)
    try:
        for name, thing in state.stateful().items():
            thing.load_state_dict(content["parts"][name])
        state.clock.step, state.clock.images = content["clock"]["step"], content["clock"]["images"]
        state.meter.load_state_dict(content["meter"], state.device)
        progress: dict[str, Any] = content["progress"]
    except (RuntimeError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise DamagedError(_first_line(error)) from error
    return progress


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Write a generator's weights as safetensors, atomically."""
    with replacing(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary)


def _read(path: Path) -> dict[str, Any]:
    """The file's content, which is a dictionary. Raises DamagedError, and OSError where it can't be read now."""
    try:
        _prove(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGES as error:
        raise DamagedError(_first_line(error)) from error
    if not isinstance(content, dict) or not {"schema_version", "fingerprint", "parts"} <= content.keys():
        raise DamagedError("holds no run")
    return content


def _prove(path: Path) -> None:
    """Read every part and compare its checksum; torch checks none. Raises one of DAMAGES."""
    if path.stat().st_size == 0:
        raise DamagedError("the file is empty")
    with zipfile.ZipFile(path) as archive:
        if (name := archive.testzip()) is not None:
            raise DamagedError(f"{name} is not what was written")


def _check(path: Path, content: dict[str, Any], state: State) -> None:
    if (version := content["schema_version"]) not in KNOWN:
        message = f"was written by another version of the trainer (checkpoints of version {version})"
        raise UserError(Problem(message, source=str(path), allowed=f"versions {', '.join(map(str, KNOWN))}"))
    if content["fingerprint"] != state.config.fingerprint():
        message = f"belongs to a run with other settings{_difference(content.get('settings'), state.config.plain())}"
        allowed = "those settings, or another folder for these"
        raise UserError(Problem(message, source=str(path), allowed=allowed))


def _difference(theirs: dict[str, Any] | None, ours: dict[str, Any]) -> str:
    """': lr_d 0.001 there, 0.0002 here', where that is known."""
    if theirs is None:
        return ""
    keys = [key for key in dict.fromkeys([*ours, *theirs]) if theirs.get(key) != ours.get(key)]
    return ": " + ", ".join(
        f"{key} {theirs.get(key, 'not set')} there, {ours.get(key, 'not set')} here" for key in keys
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
