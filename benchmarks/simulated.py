"""An executor whose trials take place in no process: their events come when they are due, from hundreds of places.

What a parent does for a trial elsewhere is done as it would do it: each event is parsed, a sample's picture fetched,
and the journal appended, before the event is reported.
"""

import heapq
import io
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import PIL.Image

from benchmarks.made_up_runs import IMAGES_A_TICK, events_of
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import AnyEvent, Finished, Sampled, event_from_json
from gan_core.workers.job import STOPPED, Job, Report

PARTS, TICKS_A_PART = 2, 2
EVENTS = 5 + PARTS * (TICKS_A_PART + 3)  # of a trial that ends well
BUDGET_KIMG = PARTS * TICKS_A_PART * IMAGES_A_TICK / 1000
GRID_PX = 130


@dataclass
class Counts:
    """What has come in so far. `lags_s`: of the reports since they were last taken: seconds from an event to its entry.

    `simulating_s`: CPU seconds of the simulation itself, in the thread of the parent's loop. `idle_s`: seconds that
    places have waited for their next trial, all places together.
    """

    reports: int = 0
    ended: int = 0
    running: int = 0
    idle_s: float = 0.0
    simulating_s: float = 0.0
    lags_s: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_lags(self) -> list[float]:
        with self.lock:
            lags, self.lags_s = self.lags_s, []
        return lags


class Simulated:
    """So many `places`, each of which trains for `seconds` a trial; an `Executor`. 0: as fast as the parent can."""

    def __init__(self, places: int, seconds: float) -> None:
        self.places, self.seconds = places, seconds
        self.counts = Counts()
        self._picture = _picture()
        self._halted: set[str] = set()

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)

    def close(self) -> None:
        """See `Executor`."""

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        due: list[tuple[float, int, Job, Iterator[bytes]]] = []  # next event of each running trial, by monotonic time
        free = [time.monotonic()] * self.places  # since when each free place is
        number = 0
        while True:
            now = time.monotonic()
            while free and (not due or due[0][0] > now or not self.seconds) and not stop():
                job = next(jobs, None)
                if job is None:
                    break
                now = time.monotonic()
                self.counts.idle_s += now - free.pop()
                number += 1
                heapq.heappush(due, (now, number, job, self._lines(job)))
                self.counts.running = len(due)
            if not due:
                return
            moment, order, job, lines = due[0]
            if moment > now:
                time.sleep(min(moment - now, 0.05))
                continue
            if stop() or job.name in self._halted:
                heapq.heappop(due)
                yield Report(job.name, left=STOPPED)
                continue
            event = self._received(job, next(lines))
            yield Report(job.name, event)
            self._entered(event, moment)
            if isinstance(event, Finished):
                heapq.heappop(due)
                free.append(time.monotonic())
                self.counts.running = len(due)
            else:
                pause = self.seconds / (EVENTS - 1)
                heapq.heapreplace(due, (moment + pause if pause else time.monotonic(), order, job, lines))

    def _received(self, job: Job, line: bytes) -> AnyEvent:
        """What a parent does with an event from elsewhere."""
        event = event_from_json(line)
        if isinstance(event, Sampled):
            path = job.directory / event.path
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self._picture)
        journal.append(job.directory, event)
        return event

    def _entered(self, event: AnyEvent, moment: float) -> None:
        with self.counts.lock:
            self.counts.lags_s.append(time.monotonic() - moment)
        self.counts.reports += 1
        self.counts.ended += isinstance(event, Finished)

    def _lines(self, job: Job) -> Iterator[bytes]:
        """The events of this trial as they would come over a wire, each made when it is asked for."""
        began = time.thread_time()
        config = resolve(job.settings)
        level = random.Random(job.name)  # another one for each trial, and the same in each run
        for event in events_of(config, level, PARTS, TICKS_A_PART):
            line = event.model_copy(update={"time": time.time()}).model_dump_json().encode()
            self.counts.simulating_s += time.thread_time() - began
            yield line
            began = time.thread_time()


def _picture() -> bytes:
    """A grid of 8 x 8 images of 16 px, as a PNG file."""
    pixels = np.random.default_rng(0).integers(0, 256, (GRID_PX, GRID_PX), dtype=np.uint8)
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def study_text(trials: int) -> tuple[str, int]:
    """A study file of about so many trials, one-in, and its number of trials: 20 arms, or fewer for a tiny one."""
    arms = min(20, max(2, trials // 2))
    seeds = max(1, trials // arms)
    tricks = "\n".join(f"  beta{arm:02}: {{beta1: {0.3 + arm / 100:.2f}}}" for arm in range(1, arms))
    baseline = f"{{data: shapes, image_size: 16, width: 8, budget_kimg: {BUDGET_KIMG}}}"
    text = (
        f"question: Does the parent keep up?\ndesign: one-in\nseeds: {seeds}\nbaseline: {baseline}\ntricks:\n{tricks}\n"
    )
    return text, arms * seeds


def write_study(folder: Path, trials: int) -> tuple[Path, int]:
    """Write the study file; its path, and how many trials it has."""
    text, count = study_text(trials)
    path = folder / "many.yaml"
    path.write_text(text)
    return path, count
