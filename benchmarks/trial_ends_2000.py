"""What the end of a trial costs the loop that listens to the running trials, in a study of 2,000 trials.

    python -m benchmarks.trial_ends_2000 [--arms 200] [--ends 100] [--pause 0.25]

Makes up a study of 200 arms and 10 seeds. All but the last trials have ended; these end one after the other, with a
pause after each. Measured is the time that the leaderboard takes until its CSV is written: where it is read, ranked and
written at every end, and as an execution does it. Writes benchmarks/results/trial_ends_2000.md.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ablations.execution.outputs import SHARE, Outputs
from ablations.leaderboard import Leaderboard, write_csv
from ablations.leaderboard.source import from_folders
from ablations.results.results import trial_directories
from ablations.workspace.workspace import Workspace
from benchmarks.leaderboard_10000 import machine
from benchmarks.made_up_runs import SEEDS, write_study

RESULTS = Path(__file__).parent / "results" / "trial_ends_2000.md"
AT_MOST = 10  # ends at which everything is computed anew: they are all alike


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", type=int, default=200)
    parser.add_argument("--ends", type=int, default=100)
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between two ends")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, waiting = Path(folder) / "made_up", Path(folder) / "waiting"
        write_study(root, options.arms, random.Random(0))
        from_folders([root])  # leaves the summaries, as an execution has them from the trials that ended before
        last = random.Random(0).sample(trial_directories(root), options.ends)
        lines = []
        for what, ended, trials in (
            ("read, ranked and written at every end", anew(root), last[:AT_MOST]),
            (f"as an execution does it, up to {100 * SHARE:.0f} % of the time", following(root), last),
        ):
            cost, computed, total = ends(trials, waiting, ended, options.pause)
            share = 100 * sum(cost) / total
            mean, longest = sum(cost) / len(cost), max(cost)
            lines.append(f"| {what} | {len(cost)} | {computed} | {mean:.3f} | {longest:.2f} | {share:.0f} |")
    text = HEADER.format(trials=options.arms * SEEDS, pause=options.pause, machine=machine()) + "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text)


HEADER = """\
# The end of a trial in a study of {trials:,} trials

`python -m benchmarks.trial_ends_2000`: trials that end {pause:g} s after each other; the wall time that the leaderboard
takes away from listening to the running trials; {machine}, shared with other work.

| the leaderboard is | ends | computed | mean [s an end] | longest [s] | share of the time [%] |
|---|---|---|---|---|---|
"""


def anew(root: Path) -> Callable[[], Leaderboard]:
    """Read every trial, rank, and write."""

    def ended() -> Leaderboard:
        write_csv(leaderboard := from_folders([root]).leaderboard(), Workspace(root).leaderboard_csv)
        return leaderboard

    return ended


def following(root: Path) -> Callable[[], Leaderboard]:
    """As the loop of an execution does, which has shown the leaderboard before its first trial ends."""
    outputs = Outputs(Workspace(root), False, [])
    outputs.leaderboard()

    def ended() -> Leaderboard:
        outputs.follow(has_ended=True)
        return outputs.last_leaderboard()

    return ended


def ends(
    trials: Sequence[Path], waiting: Path, ended: Callable[[], Leaderboard], pause: float
) -> tuple[list[float], int, float]:
    """The seconds that each end takes, how many leaderboards were computed, and the seconds in all with the pauses."""
    waiting.mkdir(exist_ok=True)
    for trial in trials:
        trial.rename(waiting / trial.name)
    begun, cost, leaderboards = time.monotonic(), [], []
    for trial in trials:
        (waiting / trial.name).rename(trial)
        before = time.monotonic()
        leaderboard = ended()
        cost.append(time.monotonic() - before)
        if not leaderboards or leaderboard is not leaderboards[-1]:
            leaderboards.append(leaderboard)
        time.sleep(pause)
    return cost, len(leaderboards), time.monotonic() - begun


if __name__ == "__main__":
    main()
