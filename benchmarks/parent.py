"""Whether the parent keeps up with hundreds of places: events a second, memory, CPU shares, as curves over a study.

    python -m benchmarks.parent [--trials 10000] [--places 256] [--seconds 0,60] [--keep FOLDER]

Everything but training is real: the session with its lock, journals on disk, Optuna's ledger and MLflow's store in
SQLite, the leaderboard, the display. A trial's events come from `benchmarks/simulated.py`. Each demand (seconds that a
trial takes on its place; 0: as fast as the parent can) is measured without and with MLflow, each in a process of its
own; then what the same study costs those who come later: `run` with nothing to do, `leaderboard`, and `sync` of what
MLflow lacked. Writes benchmarks/results/parent.md, parent_*.csv and parent.png. State of the art on two cores at the
full size: about 40 minutes; `--seconds 0` alone a third of it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ablations.execution.options import ExecutionOptions
from ablations.execution.session import Session
from ablations.executors.executor import Executor
from ablations.study.study import load_study
from ablations.terminal.progress import LiveDisplay
from ablations.tracking.mlflow.tracker import MlflowTracker
from ablations.tracking.tracker import AnyTracker
from ablations.workspace.opening import open_workspace
from benchmarks.leaderboard_10000 import machine, timed
from benchmarks.parent_figure import draw
from benchmarks.parent_samples import Sample, Watch, write_csv
from benchmarks.simulated import EVENTS, Simulated, write_study
from gan_core.machine.home import machine_home

RESULTS = Path(__file__).parent / "results"
PLACES = 256
GOAL_S = 1.0  # that scheduling may cost a trial
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


def later(folder: Path, tracked: bool) -> dict[str, tuple[float, float, float]]:
    """CPU and wall seconds and MiB of the commands that come later to this study."""
    runs = ["--runs", str(folder / "runs")]
    run = ["run", str(folder / "many.yaml"), *runs, "--no-report", "--no-models", "--no-floors"]
    commands = {
        "`run` with nothing to do": [*run, *([] if tracked else ["--offline"])],
        "`leaderboard`": ["leaderboard", "many", *runs],
    }
    if tracked:
        send = {"`sync` of the rest": ["sync", "many", *runs, "--no-models"], "`sync` with nothing to do": []}
        send["`sync` with nothing to do"] = send["`sync` of the rest"]
        commands = send | commands
    return {name: timed(command) for name, command in commands.items()}


def table(rows: Sequence[Kept]) -> str:
    """Markdown: a line a demand."""
    head = (
        "| demand | trials/s | events/s | waits for the parent [s a trial] | parent's CPU [ms a trial] "
        "| median lag [s] | longest lag [s] | peak memory [MiB] | start [s] | end [s] | not in MLflow at the end |\n"
        f"|---|{'---|' * 10}\n"
    )
    return head + "".join(
        f"| {row.demand.in_words} | {row.trials_a_s:.1f} | {row.events_a_s:.0f} | {row.overhead_s:.3f} "
        f"| {1000 * row.cost_s:.1f} | {row.lag_median_s:.3f} | {row.lag_max_s:.2f} | {row.rss_mib:.0f} "
        f"| {row.start_s:.1f} | {row.end_s:.1f} | {row.unsent if row.demand.tracked else '-'} |\n"
        for row in rows
    )


def later_table(rows: dict[str, tuple[float, float, float]]) -> str:
    """Markdown: a line a command."""
    head = "| command | processor time [s] | wall time [s] | peak memory [MiB] |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {name} | {cpu:.1f} | {wall:.1f} | {mib:.0f} |\n" for name, (cpu, wall, mib) in rows.items()
    )


HEADER = """\
# A parent of {places} places and {trials:,} trials

`python -m benchmarks.parent`: {events} events a trial, 20 arms; journals, Optuna and MLflow in SQLite, leaderboard and
display included; {machine}. A trial waits for the parent from the moment its place is free until it is handed out;
goal: under {goal:g} s a trial. Lag: from an event until it is in the journal, the ledger, and shown; where everything
is as fast as it can be, that is the queue of all places.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10000)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--seconds", default="0,60", help="that a trial takes, several with commas [default: 0,60]")
    parser.add_argument("--stores", default="offline,mlflow", help="which of both [default: offline,mlflow]")
    parser.add_argument("--keep", type=Path, help="leave the studies there, a folder each")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where table, curves and figure go")
    parser.add_argument("--one", type=Path, metavar="DEMAND.json", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        _one(options.one)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    kept: list[Kept] = []
    curves: dict[str, list[Sample]] = {}
    commands = {}
    for seconds in map(float, options.seconds.split(",")):
        for store in options.stores.split(","):
            demand = Demand(options.trials, options.places, seconds, store == "mlflow")
            with _folder(options.keep, demand) as folder:
                row, samples = _apart(demand, folder)
                print(table([row]), flush=True)
                kept.append(row)
                curves[demand.in_words] = samples
                write_csv(samples, options.out / f"parent_{demand.name}.csv")
                if not seconds:
                    commands[demand.in_words] = later(folder, demand.tracked)
                    print(later_table(commands[demand.in_words]), flush=True)
    facts = {"places": options.places, "trials": options.trials, "events": EVENTS, "goal": GOAL_S}
    text = HEADER.format(**facts, machine=machine()) + table(kept)
    for name, rows in commands.items():
        text += f"\nAfter the study ({name}):\n\n{later_table(rows)}"
    notes = [f"- {row.demand.in_words}: {warning}" for row in kept for warning in row.warnings]
    text += "\nSaid at the end:\n\n" + "\n".join(notes) + "\n" if notes else ""
    (options.out / "parent.md").write_text(text)
    draw(curves, options.out / "parent.png")


@contextmanager
def _folder(keep: Path | None, demand: Demand) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
    else:
        folder = keep / demand.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder


def _apart(demand: Demand, folder: Path) -> tuple[Kept, list[Sample]]:
    """`measure` in a process of its own, whose memory no other measurement has touched."""
    file = folder / "demand.json"
    file.write_text(json.dumps(asdict(demand)))
    subprocess.run([sys.executable, "-m", "benchmarks.parent", "--one", str(file)], check=True)
    answer: dict[str, Any] = json.loads(file.with_name("kept.json").read_text())
    samples = [Sample(**sample) for sample in answer.pop("samples")]
    return Kept(**{**answer, "demand": demand, "warnings": tuple(answer["warnings"])}), samples


def _one(file: Path) -> None:
    kept, samples = measure(Demand(**json.loads(file.read_text())), file.parent)
    answer = {**asdict(kept), "samples": [asdict(sample) for sample in samples]}
    file.with_name("kept.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
