"""How long a trial takes from launch to its first training step, against a fresh Python that imports what it needs.

    python -m benchmarks.trial_startup

Launches tiny trials one after another from one fork server. The first one waits for the fork server to import the
trainer; the others start from it. The fresh Python imports torch and torchmetrics' image metrics and trains nothing.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ablations.executors.processes import Processes
from gan_core.config import resolve
from gan_core.events import Ticked
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


IMPORTS = "import torch, torchmetrics.image"
REPEATS = 3  # of the fresh Python
GOAL = 20.0


@dataclass(frozen=True)
class Startup:
    """Seconds from launch to the first step: of the first trial, the median and the longest of the later ones.

    `fresh_s`: of a fresh Python that only imports.
    """

    first_s: float
    later_s: float
    longest_s: float
    fresh_s: float

    @property
    def ratio(self) -> float:
        return self.fresh_s / self.later_s

    @property
    def is_reached(self) -> bool:
        return self.ratio >= GOAL


def measure() -> Startup:
    """A fork server with its trials, and fresh interpreters before and after."""
    before = [fresh() for _ in range(REPEATS)]
    first, *later = seconds_to_first_step()
    after = [fresh() for _ in range(REPEATS)]
    return Startup(first, statistics.median(later), max(later), statistics.median(before + after))


def measure_apart() -> Startup:
    """The same in a process of its own: a trial's process imports the main module again, which may be a heavy one."""
    command = [sys.executable, "-m", "benchmarks.trial_startup", "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True, text=True)
    return Startup(**json.loads(done.stdout.splitlines()[-1]))


def seconds_to_first_step() -> list[float]:
    """Of each trial, in the order of their launch."""
    launched: dict[str, float] = {}
    ticked: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:

        def jobs() -> Iterator[Job]:
            for seed in range(TRIALS):
                name = f"seed{seed}"
                launched[name] = time.time()
                settings = resolve({**SETTINGS, "seed": seed}).plain()
                yield Job(name, settings, Path(folder) / name, machine_home())

        for report in Processes(workers=1, devices=("cpu",), threads=1).run(jobs(), lambda: False):
            if isinstance(report.event, Ticked):
                ticked.setdefault(report.name, report.event.time - launched[report.name])
    return list(ticked.values())


def fresh() -> float:
    """Seconds of a Python process that imports torch and torchmetrics."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - began


def table(startup: Startup) -> str:
    """The seconds in Markdown."""
    return "\n".join(
        [
            "| from launch to the first step | seconds |\n|---|---|",
            f"| first trial, which waits for the fork server | {startup.first_s:.2f} |",
            f"| later trials, median of {TRIALS - 1} | {startup.later_s:.3f} |",
            f"| later trials, the longest | {startup.longest_s:.3f} |",
            f"| a fresh Python: `{IMPORTS}` | {startup.fresh_s:.2f} |",
            f"| fresh / later | {startup.ratio:.0f}x, goal {GOAL:.0f}x |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures for a program")
    startup = measure()
    print(json.dumps(asdict(startup)) if parser.parse_args().json else table(startup))


if __name__ == "__main__":
    main()
