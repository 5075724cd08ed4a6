"""How many cores this process may use."""

import math
import os

from gan_core.machine.cgroups import processors


def cores() -> int:
    """The number of cores of the machine, or fewer: where the process is bound to some, or its container has a quota.

    `docker run --cpus 2` on a machine of 64 cores gives two; a part of a core counts as one.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = processors()
    return there if quota is None else max(1, min(there, math.ceil(quota)))
