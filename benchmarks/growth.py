"""Does memory grow with the steps? Of `ablations run` and of a trial's process, at 1,000 and at 10,000 steps.

    python -m benchmarks.growth [--steps 1000 10000] [--out FILE.md]

The same tiny networks on synthetic shapes, as one trial after another, with one thread. A study has two arms at least:
besides the long one it has a second of 50 steps, which nobody measures. Ticks, scores and pictures are as many whatever
the number of steps (gan_core/training/timetable.py), so neither process has a reason to hold more after more steps.

Memory is read from /proc twice a second, so this is for Linux. `resident` is what lies in memory, with what other
processes share; `proportional` counts a shared page once, divided among those that share it: a trial starts as a copy
of its fork server and shares most pages with it. `steady` is the median over the second half of the training, by the
trial's own ticks, `peak` is the system's own record of the largest resident memory until the process ended.
`in the run` is how much the proportional memory grows from the third quarter of the training to the last one: a first
score at its half has then taken what scoring needs.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.study_runs import ROOT, environment, markdown
from gan_core import journal
from gan_core.events import Finished, Ticked
from gan_core.machine.home import machine_home

STEPS = (1000, 10_000)
SHARE, MB = 0.05, 20.0  # growth below both is none: a process that does the same twice differs by a few MB
EVERY_S = 0.5
BATCH = 8
TINY: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 8,
    "batch_size": BATCH,
    "progress_evaluations": 2,
    "progress_samples": 20,
    "full_samples": 40,
}
LONG, SHORT, SHORT_STEPS = "long", "short", 50
PARENT, WORKER = "parent", "worker"


@dataclass(frozen=True)
class Memory:
    """Of one process at one moment, in MB (10^6 bytes); `time`: Unix time, s."""

    time: float
    resident: float
    peak: float  # resident, since the process began
    proportional: float


@dataclass(frozen=True)
class GrowthRow:
    """A process of a study whose long trial has so many steps, in MB."""

    steps: int
    process: str  # PARENT or WORKER
    resident: float
    proportional: float
    in_the_run: float  # from its third quarter to its last
    peak: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    text = table(measure(options.steps, lambda line: print(line, file=sys.stderr, flush=True))) + "\n"
    print(text)
    if options.out is not None:
        options.out.write_text(text)


def measure(steps: Sequence[int] = STEPS, say: Callable[[str], None] = lambda line: None) -> list[GrowthRow]:
    """A study for each number of steps, one after the other. Raises RuntimeError where one fails."""
    rows = []
    for count in steps:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            rows += one_study(count, Path(folder))
        say(f"{count} steps: {time.perf_counter() - began:.0f} s")
    return rows


def one_study(steps: int, folder: Path) -> list[GrowthRow]:
    """The command, watched from its start to its end, and what its two processes held."""
    path, runs = folder / "tiny.yaml", folder / "runs"
    study = {
        "question": "how much memory does it hold?",
        "design": "arms",
        "arms": {LONG: {"budget_kimg": kimg(steps)}, SHORT: {"budget_kimg": kimg(SHORT_STEPS)}},
        "seeds": 1,
        "baseline": TINY,
    }
    path.write_text(json.dumps(study))  # which is YAML
    command = [sys.executable, "-m", "ablations", "run", str(path), "--runs", str(runs)]
    command += ["--workers", "1", "--threads", "1", "--device", "cpu"]
    with open(folder / "run.log", "w") as log:
        child = subprocess.Popen(command, cwd=ROOT, env=environment(machine_home()), stdout=log, stderr=log)
        read = watched(child)
    if child.returncode:
        raise RuntimeError(f"the study failed:\n{(folder / 'run.log').read_text()[-2000:]}")
    (directory,) = (runs / path.stem / "trials").glob(f"{LONG}-*")
    events = journal.read(directory)
    if not isinstance(end := events[-1], Finished) or end.status != "finished" or end.step != steps:
        raise RuntimeError(f"the trial of {steps} steps has ended otherwise: {end}")
    ticks = [event.time for event in events if isinstance(event, Ticked)]
    began, ended = ticks[0], ticks[-1]
    parent = read.pop(child.pid)
    # The process that was there in the middle of the training, and that trains: with one worker there is one
    worker = max(read.values(), key=lambda samples: sum(began <= sample.time <= ended for sample in samples))
    return [row_of(steps, PARENT, parent, began, ended), row_of(steps, WORKER, worker, began, ended)]


def kimg(steps: int) -> float:
    """The budget of so many steps, thousands of images."""
    return steps * BATCH / 1000


def watched(command: "subprocess.Popen[bytes]") -> dict[int, list[Memory]]:
    """The memory of the command and of its fork server's children, by process id, every half second until it ends."""
    read: dict[int, list[Memory]] = {}
    while command.poll() is None:
        for pid in (command.pid, *grandchildren(command.pid)):
            if (memory := memory_of(pid)) is not None:
                read.setdefault(pid, []).append(memory)
        time.sleep(EVERY_S)
    return read


def grandchildren(pid: int) -> list[int]:
    """Process ids of the children of a process's children: trials start from the fork server, which is a child."""
    try:
        return [grandchild.pid for child in psutil.Process(pid).children() for grandchild in child.children()]
    except psutil.Error:  # it has just ended
        return []


def memory_of(pid: int) -> Memory | None:
    """What /proc says of a process; None for one that has ended."""
    folder = Path("/proc") / str(pid)
    try:
        status, rollup = (folder / "status").read_text(), (folder / "smaps_rollup").read_text()
        return Memory(time.time(), _mb(status, "VmRSS"), _mb(status, "VmHWM"), _mb(rollup, "Pss"))
    except (OSError, KeyError):  # KeyError: a process that has ended, but that nobody has waited for, has no memory
        return None


def _mb(text: str, name: str) -> float:
    """A line such as `VmRSS:   1234 kB`, where kB are 1,024 bytes."""
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(fields[name].split()[0]) * 1024 / 1e6


def row_of(steps: int, process: str, samples: Sequence[Memory], began: float, ended: float) -> GrowthRow:
    """From a process's samples and the times of the first and the last tick. Raises ValueError without samples then."""

    def within(start: float, end: float) -> list[Memory]:
        """Samples between these shares of the training; of a short one the samples nearest to its middle."""
        first, last = (began + share * (ended - began) for share in (start, end))
        found = [sample for sample in samples if first <= sample.time <= last]
        return found or [min(samples, key=lambda sample: abs(sample.time - (first + last) / 2))]

    def median(start: float, end: float, what: Callable[[Memory], float]) -> float:
        return statistics.median(what(sample) for sample in within(start, end))

    return GrowthRow(
        steps=steps,
        process=process,
        resident=median(0.5, 1, lambda sample: sample.resident),
        proportional=median(0.5, 1, lambda sample: sample.proportional),
        in_the_run=median(0.75, 1, lambda sample: sample.proportional)
        - median(0.5, 0.75, lambda sample: sample.proportional),
        peak=max(sample.peak for sample in samples),
    )


def grown(small: float, large: float) -> bool:
    """Whether the second is more than the first by a tolerance or the other."""
    return large - small > min(SHARE * small, MB)


def table(rows: Sequence[GrowthRow]) -> str:
    """Markdown: each process at each number of steps, then what became of the goal, of the fewest and the most."""
    kinds = (PARENT, WORKER)
    ordered = sorted(rows, key=lambda row: (kinds.index(row.process), row.steps))
    lines = [
        [
            row.process,
            f"{row.steps:,}",
            f"{row.resident:.1f}",
            f"{row.proportional:.1f}",
            f"{row.in_the_run:+.1f}",
            f"{row.peak:.1f}",
        ]
        for row in ordered
    ]
    head = ["process", "steps", "resident, steady [MB]", "proportional, steady [MB]", "in the run [MB]", "peak [MB]"]
    goals = [_goal(process, [row for row in ordered if row.process == process]) for process in kinds]
    return "\n".join([markdown(head, lines), "", *(goal for goal in goals if goal)])


def _goal(process: str, rows: Sequence[GrowthRow]) -> str:
    if len(rows) < 2:
        return ""
    few, many = rows[0], rows[-1]
    pairs = {
        "resident": (few.resident, many.resident),
        "proportional": (few.proportional, many.proportional),
        "peak": (few.peak, many.peak),
    }
    changes = ", ".join(f"{name} {large - small:+.1f} MB" for name, (small, large) in pairs.items())
    reached = "not reached" if any(grown(*pair) for pair in pairs.values()) else "reached"
    return (
        f"The {process} from {few.steps:,} to {many.steps:,} steps: {changes}; "
        f"goal: less than {SHARE:.0%} and {MB:g} MB, {reached}."
    )


if __name__ == "__main__":
    main()
