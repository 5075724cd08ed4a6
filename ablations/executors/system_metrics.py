"""What a trial's process uses of its machine, sampled by itself into a file next to its journal: `system.jsonl`.

Only the trial's own use: the CPU time and memory of its process, and the memory of its tensors on the GPU.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from pydantic import ValidationError

from gan_core.records import Record

NAME = "system.jsonl"
EVERY_S = 10.0  # a thread of the trial wakes up for about a millisecond
MB = 1e6
GpuMemory = Callable[[], float | None]  # bytes; None: no GPU


class SystemSample(Record):
    """One sample. `cpu_percent`: since the last sample, 100 for each core kept busy; `rss_mb`: memory; None: no GPU."""

    time: float  # Unix time, s
    cpu_percent: float
    rss_mb: float
    gpu_memory_mb: float | None = None


class Sampler:
    """While entered, or until `stop`: a thread that adds a sample to the trial's folder every `every_s` seconds."""

    def __init__(self, directory: Path, gpu_memory: GpuMemory, every_s: float | None = EVERY_S) -> None:
        """`every_s`: None samples nothing."""
        self._path, self._gpu_memory, self._every_s = directory / NAME, gpu_memory, every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="system metrics", daemon=True)

    def __enter__(self) -> Self:
        if self._every_s is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """No sample is written after this."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        process = psutil.Process(os.getpid())
        process.cpu_percent()  # from here on
        while not self._stopped.wait(self._every_s):
            try:
                self._write(process)
            except (OSError, psutil.Error):  # a full disk: the journal will say so, this is only about the machine
                return

    def _write(self, process: psutil.Process) -> None:
        gpu = self._gpu_memory()
        sample = SystemSample(
            time=time.time(),
            cpu_percent=process.cpu_percent(),
            rss_mb=process.memory_info().rss / MB,
            gpu_memory_mb=None if gpu is None else gpu / MB,
        )
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(sample.model_dump_json() + "\n")


def read_samples(directory: Path, skip: int = 0) -> list[SystemSample | None]:
    """The samples after the first `skip`, in order; None for a line torn by a crash; [] where there are none."""
    path = directory / NAME
    if not path.exists():
        return []
    content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].splitlines()[skip:]
    return [_sample(line) for line in lines]


def _sample(line: bytes) -> SystemSample | None:
    try:
        return SystemSample.model_validate_json(line)
    except ValidationError:
        return None
