"""How much memory a device has."""

import os

import torch

from gan_core.machine import cgroups


def memory_of(device: str) -> int:
    """The bytes of memory of a device; for the CPU those of the machine, or of the container where that has fewer."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = cgroups.memory()
    return machine if limit is None else min(machine, limit)


def free_memory_of(device: str) -> int:
    """The bytes of a GPU that nobody has taken; 0 where it can't be asked: it is full, or somebody has it alone.

    Asking makes a CUDA context in this process, which takes some hundred MB of that GPU until the process ends.
    """
    try:
        return int(torch.cuda.mem_get_info(device)[0])
    except RuntimeError:
        return 0
