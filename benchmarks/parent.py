"""Whether the parent keeps up with hundreds of places: events a second, memory, CPU shares, as curves over a study.

    python -m benchmarks.parent [--trials 10000] [--places 256] [--seconds 0,60] [--keep FOLDER]

Everything but training is real: the session with its lock, journals on disk, Optuna's ledger and MLflow's store in
SQLite, the leaderboard, the display. A trial's events come from `benchmarks/simulated.py`. A demand is how many seconds
a trial takes on its place; 0: as fast as the parent can, without and with MLflow, and then what that study costs those
who come later: `run` with nothing to do, `leaderboard`, and `sync` of what MLflow lacked. Each is measured in a process
of its own. Writes benchmarks/results/parent.md, parent_*.csv and parent.png. At the full size about 80 minutes on two
cores that nothing else uses; `--seconds 0` alone half of it, `--seconds 0 --trials 2000` a tenth.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.leaderboard_10000 import machine, timed
from benchmarks.parent_figure import draw
from benchmarks.parent_run import Demand, Kept, measure
from benchmarks.parent_samples import Sample, write_csv
from benchmarks.simulated import EVENTS

RESULTS = Path(__file__).parent / "results"
PLACES = 256
GOAL_S = 1.0  # that scheduling may cost a trial


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
    for demand in demands(options.trials, options.places, options.seconds, options.stores.split(",")):
        with _folder(options.keep, demand) as folder:
            row, samples = _apart(demand, folder)
            print(table([row]), flush=True)
            kept.append(row)
            curves[demand.in_words] = samples
            write_csv(samples, options.out / f"parent_{demand.name}.csv")
            if not demand.seconds:
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


def demands(trials: int, places: int, seconds: str, stores: Sequence[str]) -> list[Demand]:
    """As fast as it can with each of the stores; at a pace with the one that asks most of the parent."""
    found = []
    for pace in map(float, seconds.split(",")):
        most = [store for store in ("mlflow", "offline") if store in stores][:1]
        found += [Demand(trials, places, pace, store == "mlflow") for store in (most if pace else stores)]
    return found


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
