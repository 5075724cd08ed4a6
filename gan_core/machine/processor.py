"""The model of this machine's processor."""

import functools
import platform
from pathlib import Path


@functools.cache
def processor() -> str:
    """Its name, such as 'AMD EPYC 9654 96-Core Processor'; where the system has none its architecture; '' for nothing.

    Read when first asked for: the system's file is long where there are many cores.
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            names = [next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")]
    except OSError:  # not Linux
        names = []
    return next((name for name in (*names, platform.processor(), platform.machine()) if name), "")
