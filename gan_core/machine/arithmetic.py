"""How a GPU multiplies float32 numbers and which algorithms cuDNN takes: all of it set, and set back afterwards.

Left alone, torch rounds what convolutions multiply to TF32. On a CPU nothing of it matters.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"  # read when the first product is made (NVIDIA's documentation of cuBLAS, 2.1.4)


@contextmanager
def arithmetic(tf32: bool = False, deterministic: bool = True, strict: bool = False) -> Iterator[None]:
    """`tf32`: products round what they multiply to 11 significant bits. `deterministic`: cuDNN's algorithms are.

    `strict`: the same of all other operations too; those that have none raise RuntimeError. cuDNN never chooses by
    timing, which would be another choice each time.

    Backward passes run in the thread that calls them. Left alone, those of a GPU run in one of their own, which numbers
    what a derivative of derivatives records by its own count: the order in which gradients add up would depend on how
    much the process has differentiated before.
    """
    if strict:
        os.environ.setdefault(CUBLAS, ":4096:8")
    matmul, was_strict = torch.backends.cuda.matmul, torch.are_deterministic_algorithms_enabled()
    was_tf32 = matmul.allow_tf32
    with (
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=deterministic, allow_tf32=tf32),
        torch.autograd.set_multithreading_enabled(False),
    ):
        matmul.allow_tf32 = tf32
        torch.use_deterministic_algorithms(strict)
        try:
            yield
        finally:
            matmul.allow_tf32 = was_tf32
            torch.use_deterministic_algorithms(was_strict)
