"""What tracking costs a training: the same trials tracked and not, in turn, on one machine.

    python benchmarks/tracking_cost.py [--pairs N] [--budget-kimg X] [--size N]

Two measurements. The CPU time that the tracker's thread takes, over the wall time of the training that it tracks: this
hardly depends on who else uses the machine. And the ratio of the trainings' own wall times, tracked over journal alone,
pair by pair in turn (the order within a pair alternates): this is what a user feels, and as noisy as the machine is.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablations.executors.processes import Processes
from ablations.study.arm import Arm
from ablations.tracking.mlflow.attempts import Attempts
from ablations.tracking.mlflow.attempts import Job as Sending
from ablations.tracking.mlflow.tracker import MlflowTracker
from ablations.tracking.tracker import Offline
from ablations.workspace.execution_record import Execution
from ablations.workspace.provenance import provenance_of
from ablations.workspace.trials import Trial, trial_of
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import Finished, Ticked
from gan_core.machine.home import machine_home
from gan_core.workers.job import Job


@dataclass(frozen=True)
class Cost:
    """Of one training: wall seconds of training, CPU seconds of the tracker, its points."""

    wall_s: float
    tracker_s: float
    events: int


class Clocked(Attempts):
    """Knows how much CPU time the jobs took."""

    cpu_s = 0.0

    def all_of(self, jobs: Mapping[str, Sending]) -> list[str]:
        begun = time.thread_time()
        try:
            return super().all_of(jobs)
        finally:
            self.cpu_s += time.thread_time() - begun


class Measured(MlflowTracker):
    """A tracker that knows how much CPU time its thread took, for all that it sends, the end included."""

    def __init__(self, uri: str, experiment: str, artifact_root: Path | None) -> None:
        super().__init__(uri, experiment, artifact_root)
        self._attempts = self.clocked = Clocked()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--budget-kimg", type=float, default=4.0)
    parser.add_argument("--size", type=int, default=32, help="of the images, pixels")
    parser.add_argument("--uri", help="a store [default: SQLite in a new folder]")
    options = parser.parse_args()
    settings = {
        "data": "shapes",
        "image_size": options.size,
        "budget_kimg": options.budget_kimg,
        "progress_samples": 100,
        "full_samples": 200,
    }
    with tempfile.TemporaryDirectory() as folder:
        uri = options.uri or f"sqlite:///{folder}/mlflow.db"
        executor = Processes(1, ("cpu",), 1)
        costs: dict[str, list[Cost]] = {"journal": [], "tracked": []}
        for pair in range(options.pairs):
            for kind in ("journal", "tracked") if pair % 2 else ("tracked", "journal"):
                root = Path(folder) / f"{kind}{pair}"
                costs[kind].append(train(executor, root, settings, uri if kind == "tracked" else None))
                print(kind, costs[kind][-1], flush=True)
    ratios = [b.wall_s / a.wall_s for a, b in zip(costs["journal"], costs["tracked"], strict=True)]
    shares = [cost.tracker_s / cost.wall_s for cost in costs["tracked"]]
    print(f"wall time, tracked / journal alone, by pair: {', '.join(f'{ratio:.3f}' for ratio in ratios)}")
    print(
        f"median {statistics.median(ratios):.3f}; the tracker's CPU time: {statistics.median(shares):.2%} of training"
    )


def train(executor: Processes, root: Path, settings: dict[str, Any], uri: str | None) -> Cost:
    """One trial, tracked in the store at `uri` or not at all."""
    trial = trial_of("cost", Arm("baseline", {}, settings, resolve(settings)), 0, root)
    trial.write_record()
    file = root / "study.yaml"
    file.write_text("question: what it costs\n")
    tracker = Offline() if uri is None else Measured(uri, root.name, root / "files")
    tracker.begin(Execution("cost", "one-in", root, [trial], file, provenance_of(Path(__file__).parent, ["benchmark"])))
    tracker.start()
    run(executor, trial, tracker.notify)
    unsent = tracker.close(60, "finished")
    assert uri is None or not unsent, unsent
    spent = tracker.clocked.cpu_s if isinstance(tracker, Measured) else 0.0
    events = journal.read(trial.directory)
    end = events[-1]
    assert isinstance(end, Finished)
    first = next(event for event in events if isinstance(event, Ticked))  # warm
    return Cost(end.time - first.time, spent, len(events))


def run(executor: Processes, trial: Trial, notify: Callable[..., None]) -> None:
    """Train it in a process of its own, and tell of every event but the end's own shipping."""
    job = Job(trial.name, trial.config.plain(), trial.directory, machine_home())
    for report in executor.run(iter([job]), lambda: False):
        notify(trial, ended=isinstance(report.event, Finished))


if __name__ == "__main__":
    main()
