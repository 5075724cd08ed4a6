"""What a trial costs beside its training: the main study's baseline by the real command, against a bare loop of steps.

    python -m benchmarks.overhead [--seeds N] [--repeats N] [--out FILE.md]

The command is `python -m ablations run` at the study's own intervals: ticks, scores on the way and at the end, grids of
samples, checkpoints, films and curves. A study has two arms at least, so a second one differs in beta1 alone, which
costs nothing, and counts too. The bare loop is as many `train_step`s with as many threads, and nothing else: nothing is
read from the device or written. As many bare loops run next to each other as the command has workers, so that both
share the machine's memory and caches alike. Times are in seconds of a worker's place, a trial.

The bare loops run at other moments than the trials: where others use the machine too, the share by the trial's own
clock is the steadier one.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from gan_core import datasets
from gan_core.config import resolve
from gan_core.machine.home import machine_home
from gan_core.machine.readiness import ready_to_train
from gan_core.schema.configuration import Config
from gan_core.training.build import build
from gan_core.training.step import train_step
from gan_core.training.timetable import total_steps

TWIN = {"beta1": 0.45}
# Two arms as a study must have; everything that a trick, a size or a number of scores costs is left at its default
DEFAULTS = """\
question: What do the default intervals cost?
design: one-in
seeds: 1
baseline: {data: fashion-mnist, width: 16}
tricks:
  other: {beta1: 0.45}
"""
GOAL = 0.12  # of a trial's time that may be something else than training


@dataclass(frozen=True)
class Overhead:
    """Where the time of a command went, in seconds a trial; `trials`: how many it had."""

    trials: int
    threads: int
    bare_s: float  # the bare loop
    training_s: float  # the same steps in the trial, with reading the means at each tick
    progress_s: float  # scores on the way
    final_s: float  # scores at the end
    preparing_s: float  # of scores: the extractor, what is known of the reals
    pictures_s: float  # films and curves, after the last score
    other_s: float  # data, networks, grids of samples, checkpoints, the journal
    parent_s: float  # the command's start and end and gaps between trials: a share of each worker's place

    @property
    def evaluation_s(self) -> float:
        return self.progress_s + self.final_s + self.preparing_s

    @property
    def trial_s(self) -> float:
        return self.training_s + self.evaluation_s + self.pictures_s + self.other_s

    @property
    def share(self) -> float:
        """Of a trial's time, what a bare loop would not have taken."""
        return 1 - self.bare_s / self.trial_s

    @property
    def share_of_command(self) -> float:
        """The same of the whole command's time."""
        return 1 - self.bare_s / (self.trial_s + self.parent_s)

    @property
    def share_within(self) -> float:
        """The same with the trial's own training time for the bare loop's: both from one process and one time."""
        return 1 - self.training_s / self.trial_s

    @property
    def reached(self) -> bool:
        return self.share < GOAL


def bare_seconds(config: Config, threads: int) -> float:
    """Seconds of a run's steps and nothing else; building the run does not count."""
    ready_to_train(threads)
    images = datasets.load(config.data, "train", config.image_size, machine_home()).images
    state = build(config, images, torch.device("cpu"))
    steps = total_steps(config)
    began = time.perf_counter()
    for _ in range(steps):
        train_step(state)
    return time.perf_counter() - began


def bare_side_by_side(config: Config, threads: int, count: int, folder: Path) -> list[float]:
    """So many bare loops at the same time, each in a process of its own with another seed."""
    from benchmarks.study_runs import ROOT, environment

    children = []
    for seed in range(count):
        settings = folder / f"bare{seed}.json"
        settings.write_text(json.dumps(config.with_seed(seed).plain()))
        command = [sys.executable, "-m", "benchmarks.overhead", "--bare", str(settings), "--threads", str(threads)]
        child = subprocess.Popen(command, cwd=ROOT, env=environment(machine_home()), stdout=subprocess.PIPE, text=True)
        children.append(child)
    answers = [child.communicate()[0] for child in children]
    if any(child.returncode for child in children):
        raise RuntimeError("a bare loop failed")
    return [float(answer) for answer in answers]


def measure(
    seeds: int = 2, repeats: int = 1, study: Path | None = None, say: Callable[[str], None] = lambda line: None
) -> list[Overhead]:
    """The baseline of the study (by default the main one) and its twin at so many seeds, once a repeat."""
    return [one_repeat(seeds, study, say) for _ in range(repeats)]


def one_repeat(seeds: int, study: Path | None, say: Callable[[str], None]) -> Overhead:
    """The command, between two halves of the bare loops, so that a machine that slows down slows both."""
    from ablations.study.study import load_study  # not for the bare loops to import
    from benchmarks.study_runs import MAIN, run_study, write_study
    from gan_core.machine.resources import share

    loaded = load_study(study or MAIN)
    baseline = loaded.arms[0]
    places = share(2 * seeds, None, None, "cpu")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_study(loaded, [baseline], seeds, folder, {"twin": TWIN})
        bare = bare_side_by_side(baseline.config, places.threads, places.workers, folder)
        say(f"bare loops: {', '.join(f'{seconds:.1f} s' for seconds in bare)}")
        command = run_study(path, folder, machine_home(), device="cpu")
        say(f"command: {command.wall_s:.1f} s for {len(command.trials)} trials")
        bare += bare_side_by_side(baseline.config, places.threads, places.workers, folder)
        say(f"bare loops: {', '.join(f'{seconds:.1f} s' for seconds in bare[places.workers :])}")
    trials = command.trials
    if {trial.threads for trial in trials} != {places.threads} or {trial.status for trial in trials} != {"finished"}:
        raise RuntimeError(f"not {places.threads} threads and a whole run each: {trials}")
    return Overhead(
        trials=len(trials),
        threads=places.threads,
        bare_s=statistics.mean(bare),
        training_s=statistics.mean(trial.training_s for trial in trials),
        progress_s=statistics.mean(trial.progress_s for trial in trials),
        final_s=statistics.mean(trial.final_s for trial in trials),
        preparing_s=statistics.mean(trial.evaluation_s - trial.progress_s - trial.final_s for trial in trials),
        pictures_s=statistics.mean(trial.pictures_s for trial in trials),
        other_s=statistics.mean(trial.other_s for trial in trials),
        parent_s=command.parent_s / len(trials),
    )


def table(rows: list[Overhead]) -> str:
    """Markdown: means over the repeats, in seconds and as a share of the trial; then the shares against the goal."""
    from benchmarks.study_runs import markdown

    def mean(what: Callable[[Overhead], float]) -> float:
        return statistics.mean(what(row) for row in rows)

    trial_s = mean(lambda row: row.trial_s)
    parts = {
        "bare loop of the same steps": mean(lambda row: row.bare_s),
        "training in the trial, beyond the bare loop": mean(lambda row: row.training_s - row.bare_s),
        "evaluation: on the way": mean(lambda row: row.progress_s),
        "evaluation: at the end": mean(lambda row: row.final_s),
        "evaluation: extractor and reals": mean(lambda row: row.preparing_s),
        "films and curves": mean(lambda row: row.pictures_s),
        "data, networks, grids, checkpoints": mean(lambda row: row.other_s),
        "the whole trial": trial_s,
        "besides: the parent's start, end and gaps": mean(lambda row: row.parent_s),
    }
    lines = [[name, f"{seconds:.2f}", f"{seconds / trial_s:.1%}"] for name, seconds in parts.items()]
    shares = statistics.median(row.share for row in rows)
    reached = "reached" if shares < GOAL else "not reached"
    each = ", ".join(f"{row.share:.1%}" for row in rows)
    return "\n".join(
        [
            markdown(["part", "s a trial", "of the trial"], lines),
            "",
            f"{rows[0].trials} trials of {rows[0].threads} thread(s) in a command.",
            f"Not training: {shares:.1%} of a trial (each repeat: {each}); goal: under {GOAL:.0%}, {reached}.",
            f"By the trial's own clock: {statistics.median(row.share_within for row in rows):.1%}. "
            f"Of the whole command: {statistics.median(row.share_of_command for row in rows):.1%}.",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2, help="of each of the command's two arms")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--study", type=Path, help="[default: studies/ganhacks.yaml]")
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    parser.add_argument("--bare", type=Path, metavar="SETTINGS.json", help="print the seconds of one bare loop")
    parser.add_argument("--threads", type=int, default=1, help="of the bare loop")
    options = parser.parse_args()
    if options.bare is not None:
        seconds = bare_seconds(resolve(json.loads(options.bare.read_text())), options.threads)
        print(seconds)
        return
    rows = measure(options.seeds, options.repeats, options.study, lambda line: print(line, file=sys.stderr, flush=True))
    text = table(rows) + "\n"
    print(text)
    if options.out is not None:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
