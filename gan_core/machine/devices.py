"""The devices of this machine that a run may use."""

import torch

from gan_core.machine.processor import processor
from gan_core.problems import Problem, UserError, nearest_name


def available_devices() -> tuple[str, ...]:
    """'cuda:0', 'cuda:1', ...; or 'cpu' alone where there is no GPU."""
    return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count())) or ("cpu",)


def gpu_names() -> tuple[str, ...]:
    """The product names of this machine's GPUs, in their order."""
    return tuple(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))


def gpu_name(device: torch.device) -> str | None:
    """The product name of this GPU; None for a CPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else None


def kind_of_machine(device: torch.device) -> str:
    """What a run on this device runs on: the product name of the GPU, or the model of the CPU."""
    return gpu_name(device) or processor()


def checked_device(name: str) -> str:
    """The name itself. Raises UserError, with the devices there are, for one that this machine does not have."""
    here = dict.fromkeys(("cpu", *available_devices()))
    if name in here or (name == "cuda" and "cuda:0" in here):
        return name
    raise UserError(
        Problem(f"this machine has no device {name!r}", ("--device",), ", ".join(here), nearest_name(name, here))
    )
