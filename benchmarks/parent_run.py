"""A study of simulated trials, executed as any other, and how its parent kept up."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ablations.execution.options import ExecutionOptions
from ablations.execution.session import Session
from ablations.executors.executor import Executor
from ablations.study.study import load_study
from ablations.terminal.progress import LiveDisplay
from ablations.tracking.mlflow.tracker import MlflowTracker
from ablations.tracking.tracker import AnyTracker
from ablations.workspace.opening import open_workspace
from benchmarks.parent_samples import Sample, Watch
from benchmarks.simulated import Simulated, write_study
from gan_core.machine.home import machine_home

SCREEN = (120, 50)  # columns and lines of the terminal that is drawn on


@dataclass(frozen=True)
class Demand:
    """What is asked of the parent. `seconds`: that a trial takes on its place; 0: as fast as the parent can."""

    trials: int
    places: int
    seconds: float
    tracked: bool

    @property
    def name(self) -> str:
        pace = f"{self.seconds:g}s" if self.seconds else "flat_out"
        return f"{pace}_{'mlflow' if self.tracked else 'offline'}"

    @property
    def in_words(self) -> str:
        pace = f"{self.seconds:g} s a trial" if self.seconds else "as fast as it can"
        return f"{pace}, {'MLflow' if self.tracked else 'without MLflow'}"


@dataclass(frozen=True)
class Kept:
    """How the parent kept up. Seconds: until the first report, from it to the last, and from that to the end.

    `unsent`: trials that the tracking store lacked at the end, in whole or in part; `cpu_s`: of the parent's loop.
    """

    demand: Demand
    trials: int
    reports: int
    start_s: float
    span_s: float
    end_s: float
    cpu_s: float
    idle_s: float  # of all places together
    lag_median_s: float
    lag_max_s: float
    rss_mib: float  # the most of all samples
    unsent: int
    warnings: tuple[str, ...]

    @property
    def trials_a_s(self) -> float:
        return self.trials / self.span_s

    @property
    def events_a_s(self) -> float:
        return self.reports / self.span_s

    @property
    def overhead_s(self) -> float:
        """Seconds of a place that each trial waits for the parent, before it begins."""
        return self.idle_s / self.trials

    @property
    def cost_s(self) -> float:
        """CPU seconds of the parent's loop for a trial."""
        return self.cpu_s / self.trials


class SimulatedSession(Session):
    """An execution whose trials take place nowhere."""

    places: Simulated
    tracker: AnyTracker

    def _executor(self) -> Executor:
        return self.places

    def _tracker(self) -> AnyTracker:
        self.tracker = super()._tracker()
        return self.tracker

    def backlog(self) -> int:
        """Trials of which the tracking store does not have all that there is."""
        tracker = getattr(self, "tracker", None)
        return tracker.backlog if isinstance(tracker, MlflowTracker) else 0


def measure(demand: Demand, folder: Path) -> tuple[Kept, list[Sample]]:
    """Run a study in this folder, which stays, and watch the parent."""
    path, count = write_study(folder, demand.trials)
    simulated = Simulated(demand.places, demand.seconds)
    options = ExecutionOptions(
        home=machine_home(),
        workers=demand.places,
        threads=1,
        device="cpu",
        command=["python", "-m", "benchmarks.parent"],
        floors=False,
        offline=not demand.tracked,
    )
    began = time.monotonic()
    study = load_study(path)
    with _nobody_watches() as console, open_workspace(study, folder / "runs") as workspace:
        session = SimulatedSession(study, workspace, options)
        session.places = simulated
        with Watch(simulated.counts, demand.places, session.backlog) as watch, LiveDisplay(session, console) as shown:
            first = last = 0.0
            for report in session.reports(lambda: False, shown.step, shown.look):
                if not first:
                    first, cpu_s = time.monotonic(), time.thread_time()
                shown.report(report)
                last, cpu_end = time.monotonic(), time.thread_time()
        ended = time.monotonic()
        unsent, warnings = session.backlog(), tuple(session.warnings)
    counts, samples = simulated.counts, watch.samples
    lags = sorted(sample.lag_mean_s for sample in samples) or [0.0]
    kept = Kept(
        demand=demand,
        trials=count,
        reports=counts.reports,
        start_s=first - began,
        span_s=last - first,
        end_s=ended - last,
        cpu_s=cpu_end - cpu_s - counts.simulating_s,
        idle_s=counts.idle_s,
        lag_median_s=lags[len(lags) // 2],
        lag_max_s=max((sample.lag_max_s for sample in samples), default=0.0),
        rss_mib=max((sample.rss_mib for sample in samples), default=0.0),
        unsent=unsent,
        warnings=warnings,
    )
    return kept, samples


@contextmanager
def _nobody_watches() -> Iterator[Console]:
    """A terminal that is drawn on as a user's would be, and that nobody sees."""
    with open(os.devnull, "w") as nowhere:
        yield Console(file=nowhere, force_terminal=True, width=SCREEN[0], height=SCREEN[1])
