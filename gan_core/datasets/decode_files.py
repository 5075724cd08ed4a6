"""Many image files -> one array on disk: read and decoded by a few threads, written in order, never all in memory."""

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from gan_core.datasets.decode import BrokenImageError, decode
from gan_core.datasets.npy_writer import NpyWriter
from gan_core.datasets.record import Fit, OnProgress
from gan_core.schema.sizes import Size, shape_of

MAX_THREADS = 8
CHUNK = 32  # files a task
AHEAD = 4  # tasks a thread: bounds what waits in memory
T = TypeVar("T")


@dataclass(frozen=True)
class Broken:
    """A file that is no image, and the reason."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


@dataclass(frozen=True)
class Decoding:
    """How files become pixels. `read(name)` returns a file's bytes; it is called from several threads."""

    read: Callable[[str], bytes]
    size: Size
    fit: Fit
    channels: int


def write_decoded(
    how: Decoding, names: Sequence[str], labels: Sequence[int], images_path: Path, labels_path: Path, tell: OnProgress
) -> tuple[Broken, ...]:
    """Decode the files into `images_path` [N C H W] and keep their labels [N], without those that can't be decoded.

    Returns the broken files in order.
    """

    def decoded(name: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | Broken":
        try:
            return decode(how.read(name), how.size, how.fit, how.channels)
        except BrokenImageError as error:
            return Broken(name, str(error))

    kept: list[int] = []
    broken: list[Broken] = []
    with NpyWriter(images_path, (how.channels, *shape_of(how.size))) as images:
        for label, outcome in zip(labels, in_order(decoded, names, "decoding", tell), strict=True):
            if isinstance(outcome, Broken):
                broken.append(outcome)
            else:
                images.append(outcome)
                kept.append(label)
    np.save(labels_path, np.array(kept, dtype=np.int64))
    return tuple(broken)


def in_order(work: Callable[[str], T], names: Sequence[str], what: str, tell: OnProgress) -> Iterator[T]:
    """Call `work` on every file, in a few threads (PIL and hashlib let others run meanwhile); results in order."""
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    chunks = (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
    waiting: deque[Future[list[T]]] = deque()
    done = 0

    def chunk_of(some: Sequence[str]) -> list[T]:
        return [work(name) for name in some]

    tell(what, 0, len(names))
    with warnings.catch_warnings(), ThreadPoolExecutor(threads) as pool:
        warnings.simplefilter("ignore")  # PIL tells of what it puts right itself, and nobody would see it
        try:
            waiting.extend(pool.submit(chunk_of, chunk) for chunk in islice(chunks, threads * AHEAD))
            while waiting:
                results = waiting.popleft().result()
                waiting.extend(pool.submit(chunk_of, chunk) for chunk in islice(chunks, 1))
                yield from results
                done += len(results)
                tell(what, done, len(names))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
