"""How long a user waits for what needs no training: help, the plan of a study, and the error of a mistake in one.

    python -m benchmarks.latency [--times 5]

Each command is a process, from the start of Python to its end, after one that nobody times; the table has the median.
Works in a temporary folder, with a home of its own. The studies have been run there as far as `plan` can tell: their
trials are made up, and it shows the times that these recorded.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.study.study import load_study
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import trials_of
from benchmarks.made_up_runs import events_of
from gan_core import journal
from gan_core.machine.cores import cores
from gan_core.machine.home import HOME_VARIABLE

ROOT = Path(__file__).parent.parent
HELP_S, PLAN_S, MISTAKE_S = 0.7, 2.0, 1.0  # goals
STUDIES = ("ganhacks", "smoke")
DONE, MISTAKEN = 0, 2  # exit codes


@dataclass(frozen=True)
class Command:
    """One command line, after `python -m`, the seconds that it may take, and the exit code that it must have."""

    name: str
    words: tuple[str, ...]
    goal: float
    code: int = DONE


@dataclass(frozen=True)
class Row:
    """What was measured: the median of whole processes, in seconds."""

    command: Command
    seconds: float

    @property
    def is_reached(self) -> bool:
        return self.seconds <= self.command.goal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="processes that are timed of each command")
    print(table(measure(parser.parse_args().times)))


def measure(times: int = 5) -> list[Row]:
    """Every command, each timed so many times."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = []
        for command in (*helps(), *plans(folder), *mistakes(folder)):
            run(command, folder)
            rows.append(Row(command, statistics.median(run(command, folder) for _ in range(times))))
        return rows


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    head = f"| command, on {cores()} cores | median [s] | goal [s] | reached |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| {row.command.name} | {row.seconds:.2f} | {row.command.goal:g} | {'yes' if row.is_reached else 'no'} |"
        for row in rows
    )


def helps() -> Iterator[Command]:
    """What there is, and how it is called."""
    for words in ("ablations", "ablations run", "ablations plan", "gan_core", "gan_core train"):
        yield Command(f"`python -m {words} --help`", (*words.split(), "--help"), HELP_S)


def plans(folder: Path) -> Iterator[Command]:
    """The plans of studies that have been run in the folder: the times of their arms are on record."""
    for name in STUDIES:
        make_up(ROOT / "studies" / f"{name}.yaml", folder / "runs")
        yield Command(f"`plan studies/{name}.yaml`", ("ablations", "plan", f"{ROOT}/studies/{name}.yaml"), PLAN_S)


def mistakes(folder: Path) -> Iterator[Command]:
    """A study file with a mistake, and none."""
    study = (ROOT / "studies" / "smoke.yaml").read_text()
    wrong = {
        "a mistyped key of the study": study.replace("design:", "desing:"),
        "a mistyped setting": study.replace("width:", "widht:"),
        "a wrong value": study.replace("width: 8", "width: eight"),
        "no YAML": study.replace("baseline:", "baseline: ["),
    }
    for number, (mistake, text) in enumerate(wrong.items()):
        path = folder / f"wrong{number}.yaml"
        path.write_text(text)
        yield Command(f"`plan` of a file with {mistake}", ("ablations", "plan", str(path)), MISTAKE_S, MISTAKEN)
    missing = ("ablations", "plan", str(folder / "missing.yaml"))
    yield Command("`plan` of a file that is not there", missing, MISTAKE_S, MISTAKEN)


def make_up(file: Path, runs: Path) -> None:
    """Leave what a `run` of the study leaves for `plan`: its folder, and the journal of each of its trials."""
    study, chance = load_study(file), random.Random(0)
    with open_workspace(study, runs) as workspace:
        for trial in trials_of(study, workspace.root):
            trial.write_record()
            text = "".join(event.model_dump_json() + "\n" for event in events_of(trial.config, chance))
            (trial.directory / journal.NAME).write_text(text)


def run(command: Command, folder: Path) -> float:
    """The seconds that the command takes. Raises RuntimeError where it does not end as it should."""
    own = {"HOME": str(folder), HOME_VARIABLE: str(folder / "home"), "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *command.words], cwd=folder, env={**os.environ, **own}, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode != command.code:
        raise RuntimeError(f"{command.name} ended with {done.returncode}: {done.stderr}")
    return seconds


if __name__ == "__main__":
    main()
