"""How many cores this process may use."""

import os


def cores() -> int:
    """The number of cores of the machine, or fewer where the process is bound to some of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
