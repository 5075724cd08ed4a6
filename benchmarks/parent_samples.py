"""What a process takes of the machine while it works, second by second: memory, and the CPU time of each thread."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from benchmarks.simulated import Counts

EVERY_S = 1.0
OTHERS = "others"


@dataclass(frozen=True)
class Sample:
    """Since the sample before it. Shares are of one core; `lag`: from an event to its entry, of what was entered.

    `backlog`: trials of which the tracking store does not have all that there is. `idle_share`: of the places' time,
    what they waited for their next trial.
    """

    seconds: float
    reports: int
    ended: int
    running: int
    reports_a_s: float
    trials_a_s: float
    lag_mean_s: float
    lag_max_s: float
    backlog: int
    rss_mib: float
    cpu_loop: float
    cpu_simulation: float  # of the loop's thread; not in `cpu_loop`
    cpu_tracker: float
    cpu_display: float
    cpu_others: float
    idle_share: float


class Watch:
    """While entered: a thread that takes a sample every `EVERY_S` seconds; they are in `samples`, in order."""

    def __init__(self, counts: Counts, places: int, backlog: Callable[[], int]) -> None:
        self.samples: list[Sample] = []
        self._counts, self._places, self._backlog = counts, places, backlog
        self._loop = threading.get_native_id()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        process, counts = psutil.Process(), self._counts
        began = before = time.monotonic()
        cpu, simulating, idle = self._cpu(process), counts.simulating_s, counts.idle_s
        reports, ended = counts.reports, counts.ended
        while not self._over.is_set():
            time.sleep(EVERY_S)  # to its end, so that the last sample holds the last report
            now = time.monotonic()
            span, before = now - before, now
            later = self._cpu(process)
            shares = {name: (seconds - cpu.get(name, 0.0)) / span for name, seconds in later.items()}
            simulation = (counts.simulating_s - simulating) / span
            lags = counts.take_lags()
            self.samples.append(
                Sample(
                    seconds=now - began,
                    reports=counts.reports,
                    ended=counts.ended,
                    running=counts.running,
                    reports_a_s=(counts.reports - reports) / span,
                    trials_a_s=(counts.ended - ended) / span,
                    lag_mean_s=sum(lags) / len(lags) if lags else 0.0,
                    lag_max_s=max(lags, default=0.0),
                    backlog=self._backlog(),
                    rss_mib=process.memory_info().rss / 2**20,
                    cpu_loop=shares.get("loop", 0.0) - simulation,
                    cpu_simulation=simulation,
                    cpu_tracker=shares.get("mlflow", 0.0),
                    cpu_display=shares.get("display", 0.0),
                    cpu_others=max(0.0, shares.get(OTHERS, 0.0)),
                    idle_share=(counts.idle_s - idle) / span / self._places,
                )
            )
            cpu, simulating, idle = later, counts.simulating_s, counts.idle_s
            reports, ended = counts.reports, counts.ended

    def _cpu(self, process: psutil.Process) -> dict[str, float]:
        """CPU seconds so far by role of the threads: 'loop', 'mlflow', 'display' and OTHERS."""
        roles = {thread.native_id: _role(thread) for thread in threading.enumerate()} | {self._loop: "loop"}
        spent: dict[str, float] = {}
        for one in process.threads():
            role = roles.get(one.id, OTHERS)
            spent[role] = spent.get(role, 0.0) + one.user_time + one.system_time
        return spent


def _role(thread: threading.Thread) -> str:
    return "mlflow" if thread.name == "mlflow" else "display" if type(thread).__name__ == "_RefreshThread" else OTHERS


def write_csv(samples: list[Sample], path: Path) -> None:
    """One line a sample."""
    lines = [",".join(asdict(samples[0]))] if samples else []
    lines += [",".join(f"{value:.6g}" for value in asdict(sample).values()) for sample in samples]
    path.write_text("\n".join(lines) + "\n")
