"""In what arithmetic a run trains: what its configuration says, as flags of the machine."""

from contextlib import AbstractContextManager

import torch

from gan_core.machine.arithmetic import arithmetic
from gan_core.nets import PRECISIONS
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config


def training_arithmetic(config: Config, device: torch.device) -> AbstractContextManager[None]:
    """The flags that training steps run under."""
    return arithmetic(PRECISIONS[config.precision].tf32, config.deterministic, config.deterministic and _is_gpu(device))


def layout(config: Config, device: torch.device) -> torch.memory_format:
    """How the networks' weights lie in memory, and so their maps: channels last where that is faster.

    It is on CPUs, and where a GPU multiplies on its tensor cores: by a half at 64x64 and width 64 in TF32.
    """
    on_tensor_cores = PRECISIONS[config.precision].tf32 or PRECISIONS[config.precision].autocast is not None
    return torch.channels_last if device.type == "cpu" or on_tensor_cores else torch.contiguous_format


def scoring_arithmetic() -> AbstractContextManager[None]:
    """The flags for everything between the steps: whatever a run trains in, it is shown and scored in float32."""
    return arithmetic()


def numerics(config: Config, device: torch.device, obstacles: tuple[str, ...] = ()) -> dict[str, str | bool]:
    """The same for the record: what could move a result besides the configuration, and how it was set.

    `obstacles`: why updates can't be captured, for a run that has asked for it.
    """
    is_refused = config.cuda_graphs and bool(obstacles)
    return {
        "precision": config.precision,
        "tf32": _is_gpu(device) and PRECISIONS[config.precision].tf32,
        "deterministic": config.deterministic or not _is_gpu(device),
        "cudnn_benchmark": False,
        "channels_last": layout(config, device) is torch.channels_last,
        "captured": config.cuda_graphs and not is_refused,
        **({"not_captured_because": "; ".join(obstacles)} if is_refused else {}),
    }


def check_precision(config: Config, device: str) -> None:
    """Raises UserError for a format that this device does not compute in."""
    if problem := precision_problem(config, device):
        raise UserError(problem)


def precision_problem(config: Config, device: str) -> Problem | None:
    """The problem of a format that this device does not compute in; None where it does."""
    if not PRECISIONS[config.precision].tf32 or _is_gpu(torch.device(device)):
        return None
    others = ", ".join(name for name, precision in PRECISIONS.items() if not precision.tf32)
    return Problem(f"{config.precision} is a format of GPUs, and this runs on {device}", ("precision",), others)


def _is_gpu(device: torch.device) -> bool:
    return device.type == "cuda"
