"""Many journals without a summary, as after a change of the code that sums them up: summed up by several processes."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

from ablations.summary import NAME, read_summary, summary_holds
from gan_core.machine.cores import cores

MANY = 400  # journals: below, processes take longer to start than they spare
A_BATCH = 50


def keep_summaries(directories: Sequence[Path]) -> None:
    """Leave a summary in each of these trials' directories if many lack one; the reader finds them there.

    Nothing hangs on it: what is not left here, in a directory that can't be written to say, the reader makes itself.
    Nor can processes be started for a program that was read from standard input, or has no `if __name__ == "__main__"`.
    """
    missing = _missing(directories)
    if cores() < 2 or len(missing) < MANY or not os.access(missing[0], os.W_OK):
        return
    batches = [missing[start : start + A_BATCH] for start in range(0, len(missing), A_BATCH)]
    context = multiprocessing.get_context("spawn")  # the caller may have threads
    with suppress(BrokenProcessPool), ProcessPoolExecutor(cores(), mp_context=context) as pool:
        list(pool.map(_keep_each, batches))


def _missing(directories: Sequence[Path]) -> list[Path]:
    """Those without a summary; all, if the first that there is does not hold: the code has changed."""
    there = {directory for directory in directories if (directory / NAME).exists()}
    first = next((directory for directory in directories if directory in there), None)
    return [d for d in directories if d not in there] if first is None or summary_holds(first) else list(directories)


def _keep_each(directories: Sequence[Path]) -> None:
    for directory in directories:
        read_summary(directory)
