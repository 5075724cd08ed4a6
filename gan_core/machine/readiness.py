"""What a process sets for itself before it trains: its threads, and that it keeps the memory that it frees."""

import ctypes
import sys

import torch

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h, mallopt(3)
KEPT, NEVER = 2**30, 2**31 - 1  # bytes


def ready_to_train(threads: int | None = None) -> None:
    """Compute on so many CPU threads (None: torch's own choice), and keep freed memory for the next tensors.

    Each step frees what it allocated. Left alone, glibc gives larger blocks back to the system at once and gets them
    again, page by page, a thousand pages a step for a small DCGAN. Other C libraries are left as they are.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(MMAP_THRESHOLD, KEPT)
        mallopt(TRIM_THRESHOLD, NEVER)
