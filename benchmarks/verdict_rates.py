"""How often a run's verdict is right: runs built to fail in each way, and healthy ones, judged beside the truth.

    python benchmarks/verdict_rates.py --seeds fresh

Trains 100 small runs on Fashion-MNIST (about ten seconds each on a core of one's own) and writes `verdict_rates.md` and
`verdict_rates.csv` to `--out`; with `--critics` the 28 whose D has no boundary, to `verdict_rates_critics`. Thresholds
of `gan_core.verdict` may be tuned on `--seeds tuning` only; `fresh` is for the report. How the runs are built is in
`verdict_runs.py`, what they were in truth in `verdict_truth.py`. With `--keep FOLDER` the runs stay there, and a second
call only judges them again.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd
import torch
from scipy.stats import binomtest
from verdict_runs import Built, Seeds, configurations, handicap, runs
from verdict_truth import Look, Observer, truth_of

from gan_core import journal
from gan_core.events import Finished, Saved
from gan_core.game.losses import LOSSES
from gan_core.machine.home import machine_home
from gan_core.train import train
from gan_core.verdict import Kind, verdict_of

KINDS = get_args(Kind)


@dataclass(frozen=True)
class Judged:
    """One run: what it was built to be, what it was, what the verdict says."""

    built: Built
    truth: set[str]
    verdict: str
    evidence: str


def trained(built: Built, observer: Observer, folder: Path, home: Path) -> None:
    """Train the run in `folder`, and leave beside its journal what was seen at its checkpoints."""
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was interrupted: its first looks are lost
    observer.begin(built.config)
    looks = []
    with handicap(built):
        for event in journal.recorded(train(built.config, folder, home), folder):
            if isinstance(event, Saved):
                looks.append(observer.look(folder / event.path).plain())
    (folder / "looks.json").write_text(json.dumps(looks))


def judged(built: Built, folder: Path) -> Judged:
    """Judge the run in `folder` by its journal, and tell the truth by its looks."""
    events = journal.read(folder)
    looks = [Look(**look) for look in json.loads((folder / "looks.json").read_text())]
    end = events[-1]
    not_finite = isinstance(end, Finished) and end.status == "diverged"
    verdict, is_critic = verdict_of(events), not LOSSES[built.config.loss].has_boundary
    return Judged(built, truth_of(looks, not_finite, is_critic), verdict.kind, "; ".join(verdict.evidence))


def rate(hits: int, n: int) -> str:
    """'3/4 = 75 % [19, 99]': with the exact 95 % interval of Clopper and Pearson."""
    if not n:
        return "0/0"
    interval = binomtest(hits, n).proportion_ci(0.95, method="exact")
    return f"{hits}/{n} = {hits / n:.0%} [{interval.low:.0%}, {interval.high:.0%}]"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *rows))


def built_table(all_runs: list[Judged]) -> str:
    """Rows: how a run was built; columns: what it was in truth, and the verdicts."""
    rows = []
    for way, how, _ in configurations():
        if of := [run for run in all_runs if (run.built.way, run.built.how) == (way, how)]:
            truths = Counter(" + ".join(sorted(run.truth)) or "unclear" for run in of)
            verdicts = Counter(run.verdict for run in of)
            truth = ", ".join(f"{n} {kind}" for kind, n in truths.most_common())
            rows.append([way, how, truth, *(str(verdicts[kind] or "") for kind in KINDS)])
    return table(["built to be", "by", "in truth", *KINDS], rows)


def rates_table(all_runs: list[Judged]) -> str:
    """One row a way: of the runs that were built for it and confirmed, how many have that verdict."""
    rows = []
    for way in dict.fromkeys(way for way, _, _ in configurations()):
        built = [run for run in all_runs if run.built.way == way]
        confirmed = [run for run in built if way in run.truth]
        anyhow = [run for run in all_runs if way in run.truth]
        named = sum(run.verdict == way for run in confirmed)
        true_too = sum(run.verdict in run.truth for run in confirmed)
        rows.append(
            [
                way,
                str(len(built)),
                rate(named, len(confirmed)),
                rate(true_too, len(confirmed)),
                str(sum(run.verdict == "healthy" for run in confirmed)),
                rate(sum(run.verdict == way for run in anyhow), len(anyhow)),
            ]
        )
    header = ["way", "built", "named, of those confirmed", "named so, or by another kind that is true of it too"]
    return table([*header, "called healthy", "named, of all runs of which it is true"], rows)


def alarms(all_runs: list[Judged]) -> list[str]:
    """False alarms on healthy runs, as lines of text."""
    built = [run for run in all_runs if run.built.way == "healthy"]
    lines = []
    for title, of in (
        ("built healthy and healthy in truth", [run for run in built if run.truth == {"healthy"}]),
        ("built healthy, whatever they were", built),
        ("healthy in truth, however built", [run for run in all_runs if run.truth == {"healthy"}]),
    ):
        failing = sum(run.verdict not in ("healthy", "can't tell") for run in of)
        unsure = sum(run.verdict == "can't tell" for run in of)
        lines.append(f'- {title}: a failure is named in {rate(failing, len(of))}; "can\'t tell" in {unsure}')
    return lines


def report(all_runs: list[Judged], command: str, seeds: Seeds, minutes: float) -> str:
    """The page."""
    spent = f", trained in {minutes:.0f} minutes on one core" if minutes > 1 else ""
    return "\n\n".join(
        [
            f"# Rates of the verdict, {seeds} seeds",
            f"`{command}`: {len(all_runs)} runs{spent}. Intervals: exact "
            "binomial, 95 %. The truth is told by measurements that no verdict reads (`benchmarks/verdict_truth.py`); "
            "a run that was built to fail and in truth did not is neither a hit nor a miss, and several kinds can be "
            "true of one run.",
            "## Detection",
            rates_table(all_runs),
            "## False alarms",
            "\n".join(alarms(all_runs)),
            "## All runs",
            built_table(all_runs),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="rates of the verdict on runs that are built to fail, or not to")
    parser.add_argument("--seeds", choices=get_args(Seeds), default="fresh")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--keep", type=Path, help="folder for the runs; those that it holds are not trained again")
    parser.add_argument("--repetitions", type=int, help="at most so many seeds of each configuration; default: all")
    parser.add_argument("--critics", action="store_true", help="only losses whose D has no boundary")
    options = parser.parse_args()
    torch.set_num_threads(1)
    home, began, all_runs = machine_home(), time.perf_counter(), []
    with tempfile.TemporaryDirectory() as temporary:
        observer = Observer(home)
        for built in runs(options.seeds, options.repetitions, options.critics):
            folder = (options.keep or Path(temporary)) / built.name
            if not (folder / "looks.json").exists():
                trained(built, observer, folder, home)
            run = judged(built, folder)
            all_runs.append(run)
            print(f"{built.name}: {' + '.join(sorted(run.truth)) or 'unclear'} | {run.verdict}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    minutes = (time.perf_counter() - began) / 60
    command = f"python benchmarks/verdict_rates.py --seeds {options.seeds}"
    command += f" --repetitions {options.repetitions}" if options.repetitions else ""
    command += " --critics" if options.critics else ""
    page = report(all_runs, command, options.seeds, minutes)
    name = "verdict_rates_critics" if options.critics else "verdict_rates"
    (options.out / f"{name}.md").write_text(page + "\n")
    rows = [
        {
            "built": run.built.way,
            "by": run.built.how,
            "seed": run.built.config.seed,
            "truth": " + ".join(sorted(run.truth)) or "unclear",
            "verdict": run.verdict,
            "evidence": run.evidence,
        }
        for run in all_runs
    ]
    pd.DataFrame(rows).to_csv(options.out / f"{name}.csv", index=False)
    print(page)


if __name__ == "__main__":
    main()
