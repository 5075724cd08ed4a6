"""How long a trial takes from launch to its first training step, and what a second `run` of a finished study costs.

    python benchmarks/trial_startup.py

Launches tiny trials one after another from one fork server. The first one waits for the fork server to import the
trainer; the others start from it. Prints seconds from launch to the event `started` and to the first tick (one step).
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ablations.executors.processes import Processes
from gan_core.config import resolve
from gan_core.events import Started, Ticked
from gan_core.machine.home import machine_home
from gan_core.workers.job import Job

TRIALS = 8
SETTINGS = {
    "data": "fashion-mnist",
    "width": 16,
    "batch_size": 32,
    "budget_kimg": 1.6,  # 50 ticks of one step each
    "progress_evaluations": 1,
    "progress_samples": 10,
    "full_samples": 10,
}


def main() -> None:
    launched: dict[str, float] = {}
    started: dict[str, float] = {}
    ticked: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:

        def jobs() -> Iterator[Job]:
            for seed in range(TRIALS):
                name = f"seed{seed}"
                launched[name] = time.time()
                settings = resolve({**SETTINGS, "seed": seed}).plain()
                yield Job(name, settings, Path(folder) / name, machine_home())

        for report in Processes(workers=1, devices=("cpu",), threads=1).run(jobs(), lambda: False):
            if isinstance(report.event, Started):
                started[report.name] = report.event.time - launched[report.name]
            if isinstance(report.event, Ticked):
                ticked.setdefault(report.name, report.event.time - launched[report.name])
    later = list(launched)[1:]
    print(f"first trial:   {started['seed0']:.2f} s to its start, {ticked['seed0']:.2f} s to its first step")
    print(
        f"later trials:  {statistics.median(started[n] for n in later):.2f} s to their start, "
        f"{statistics.median(ticked[n] for n in later):.2f} s to their first step (median of {len(later)}), "
        f"at most {max(ticked[n] for n in later):.2f} s"
    )


if __name__ == "__main__":
    main()
