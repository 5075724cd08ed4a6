"""How much memory a device has."""

import os
from pathlib import Path

import torch

CONTROL_GROUP = Path("/sys/fs/cgroup/memory.max")  # of a container: docs.kernel.org/admin-guide/cgroup-v2.html


def memory_of(device: str) -> int:
    """The bytes of memory of a device; for the CPU those of the machine, or of the container where that has fewer."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(CONTROL_GROUP.read_text()))
    except (OSError, ValueError):  # no control group, or one without a bound: 'max'
        return machine
