"""How many trials share a GPU, where the user does not say."""

from collections.abc import Sequence
from dataclasses import dataclass

from gan_core.machine.memory import free_memory_of, memory_of
from gan_core.machine.mps import mps_runs

# Trials next to each other on one H200, images a second of all (benchmarks/results/gpu_h200.md, 32x32 width 16, eager):
# 8 give 5.5 times those of one, and 16 no more than 8; with MPS 16 give 15.4 times, and more were not measured.
PAY, PAY_WITH_MPS = 8, 16


@dataclass(frozen=True)
class GpuPlaces:
    """`now`: trials for each GPU; `at_most`: on an empty GPU with MPS, so of the machine and the study alone.

    `why`: what `now` follows from, in words.
    """

    now: int
    at_most: int
    why: str


def gpu_places(devices: Sequence[str], trial_bytes: int) -> GpuPlaces:
    """The places on each of these GPUs for trials of so many bytes each; 0 bytes: memory is not asked about.

    Trials are dealt evenly, so the fullest GPU decides for all. At least one: whether it fits is seen when it runs.
    """
    under_mps = mps_runs()
    pay = PAY_WITH_MPS if under_mps else PAY
    why = f"{pay} a GPU pay{' with MPS' if under_mps else ''}"
    if not trial_bytes:
        return GpuPlaces(pay, PAY_WITH_MPS, why)
    free = min(free_memory_of(device) for device in devices) // trial_bytes
    empty = min(memory_of(device) for device in devices) // trial_bytes
    return GpuPlaces(
        now=max(1, min(pay, free)),
        at_most=max(1, min(PAY_WITH_MPS, empty)),
        why=f"{why}, free memory allows {free}",
    )
