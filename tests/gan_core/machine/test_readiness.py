"""A process that trains keeps what it frees: counted as pages that the system had to give."""

import os
import subprocess
import sys

import pytest

COUNT = """
import resource, sys, torch
from gan_core.machine.readiness import ready_to_train
if sys.argv[1] == "ready":
    ready_to_train(1)
blocks = lambda: [torch.ones(2**20) for _ in range(8)]  # 4 MiB each
for _ in range(5):
    blocks()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    blocks()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, torch.get_num_threads())
"""


# glibc's first values; left alone it raises them as it sees fit, not always the same way
GIVES_BACK = {"MALLOC_MMAP_THRESHOLD_": str(2**17), "MALLOC_TRIM_THRESHOLD_": str(2**17)}


def faults(*words: str) -> tuple[int, int]:
    command, environment = [sys.executable, "-c", COUNT, *words], {**os.environ, **GIVES_BACK}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    pages, threads = done.stdout.split()
    return int(pages), int(threads)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's setting")
def test_freed_memory_is_kept() -> None:
    pages, threads = faults("ready")
    assert threads == 1
    assert pages < 0.01 * faults("plain")[0]
