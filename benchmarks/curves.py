"""Does time grow faster than the work? Of a training step with its sizes, and of the leaderboard with the trials.

    python -m benchmarks.curves [--seconds 0.4] [--rounds 3] [--batches N ...] [--trials N ...] [--out FILE.md]

A step is one update of D and one of G, on one thread; its time is that of the processor. Its work is what convolutions
and matrix products compute, in the forms that gan_core computes them: 2 FLOP a multiplication and addition, forwards
and backwards. Normalisation, activations, losses and optimizers are no work by this count, but take time.
Batches, widths and image sizes each grow while the others stay. All are measured in turn, round by round, and the best
round counts: other programs only ever slow one down.

The leaderboard is the command of benchmarks/leaderboard_10000.py, on recorded runs of one study, 10 seeds an arm.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.leaderboard_10000 import machine, timed
from benchmarks.made_up_runs import SEEDS, write_study
from benchmarks.study_runs import markdown
from gan_core import datasets
from gan_core.config import resolve
from gan_core.machine.home import machine_home
from gan_core.machine.readiness import ready_to_train
from gan_core.schema.sizes import Size, shape_text
from gan_core.training.build import State, build
from gan_core.training.step import train_step
from gan_core.training.timetable import total_steps

BATCHES = (16, 32, 64, 128, 256, 512, 1024)
WIDTHS = (16, 32, 64, 128, 256)
SIZES: tuple[Size, ...] = (32, 64, 128, (157, 128))
BATCH, WIDTH, SIZE = 16, 16, 32  # of what does not grow
TRIALS = (10, 100, 1000, 10_000)
# By how much a size's GFLOP/s may be below the best of a smaller one. Two runs on a machine that others use differ by
# 10 %, and width 256, whose weights alone take 90 MB, is 15 % below width 128
TOLERANCE = 0.2
TRIALS_TOLERANCE = 0.25  # by which a trial's time may grow from one number of trials to the next: runs differ by 10 %
AGAIN = 3  # leaderboards from summaries
WARM_STEPS = 2


@dataclass(frozen=True)
class StepRow:
    """One size of a training step; `grows`: what is larger in the next row, with its value in `value`."""

    grows: str
    value: str
    batch: int
    seconds: float  # processor time of a step
    flop: float  # of a step

    @property
    def ms_an_image(self) -> float:
        return self.seconds * 1e3 / self.batch

    @property
    def mflop_an_image(self) -> float:
        return self.flop / 1e6 / self.batch

    @property
    def gflop_a_second(self) -> float:
        return self.flop / 1e9 / self.seconds


@dataclass(frozen=True)
class BoardRow:
    """The leaderboard of so many trials: processor seconds of the whole command, and its peak memory."""

    trials: int
    first_s: float  # every journal is read, and its summary left
    again_s: float  # from the summaries
    mib: float


@dataclass
class _Measured:
    """A point while it is measured: `steps` fill about the asked seconds."""

    grows: str
    value: str
    state: State
    flop: float
    steps: int
    seconds: float  # the best so far


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.4, help="processor time of each size in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="*", default=BATCHES, help="sizes of the first curve")
    parser.add_argument(
        "--trials", type=int, nargs="*", default=TRIALS, help="of the leaderboards; none: no leaderboard"
    )
    parser.add_argument("--out", type=Path, help="write the tables to this file too")
    options = parser.parse_args()
    rows: list[StepRow | BoardRow] = [
        *measure(options.seconds, options.rounds, options.batches),
        *measure_boards(options.trials),
    ]
    text = f"{machine()}, torch {torch.__version__}, one thread\n\n{table(rows)}\n"
    print(text)
    if options.out is not None:
        options.out.write_text(text)


def measure(
    seconds: float = 0.4,
    rounds: int = 3,
    batches: Sequence[int] = BATCHES,
    widths: Sequence[int] = WIDTHS,
    sizes: Sequence[Size] = SIZES,
) -> list[StepRow]:
    """Every size of each curve. `seconds`: about how long each is timed in a round. Leaves torch with one thread."""
    ready_to_train(1)
    points = [
        *(_point("batch", str(batch), seconds, batch_size=batch) for batch in batches),
        *(_point("width", str(width), seconds, width=width) for width in widths),
        *(_point("image", shape_text(size), seconds, image_size=size) for size in sizes),
    ]
    for _ in range(rounds):
        for point in points:
            point.seconds = min(point.seconds, step_seconds(point.state, point.steps))
    return [
        StepRow(point.grows, point.value, point.state.config.batch_size, point.seconds, point.flop) for point in points
    ]


def measure_boards(trials: Sequence[int] = TRIALS) -> list[BoardRow]:
    """The leaderboards of so many recorded trials each, whole tens."""
    return [measure_board(count) for count in trials]


def measure_board(trials: int) -> BoardRow:
    """The command without summaries, then a few times with those that it has left, of which the best counts.

    From summaries a thousand trials take half a second, little more than two starts of Python differ by.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_study(folder / "runs" / "study", trials // SEEDS, random.Random(0))
        command = ["leaderboard", "study", "--runs", str(folder / "runs"), "--csv", str(folder / "board.csv")]
        first, *again = (timed(command) for _ in range(1 + AGAIN))
    return BoardRow(trials, first[0], min(seconds for seconds, _, _ in again), first[2])


def _point(grows: str, value: str, seconds: float, **settings: Any) -> _Measured:
    state = state_of({"batch_size": BATCH, "width": WIDTH, "image_size": SIZE, **settings})
    flop = step_flop(state)
    once = step_seconds(state, WARM_STEPS)
    return _Measured(grows, value, state, flop, max(1, round(seconds / once)), once)


def state_of(settings: dict[str, Any]) -> State:
    """A run of these settings on synthetic shapes, at its first step, on the CPU."""
    config = resolve({"data": "shapes", "budget_kimg": 1e5, **settings})
    assert total_steps(config) > 1
    images = datasets.load(config.data, "train", config.image_size, machine_home()).images
    return build(config, images, torch.device("cpu"))


def step_flop(state: State) -> int:
    """FLOP of one step, by the shapes of all convolutions and matrix products in it, padding counted like pixels."""
    with FlopCounterMode(display=False) as counter:
        train_step(state)
    return int(counter.get_total_flops())


def step_seconds(state: State, steps: int) -> float:
    """Processor seconds of a step, the mean of so many."""
    began = time.process_time()
    for _ in range(steps):
        train_step(state)
    return (time.process_time() - began) / steps


def falls(rows: Sequence[StepRow]) -> list[tuple[StepRow, float]]:
    """The rows of one curve whose GFLOP/s are further below those of a smaller size than the tolerance, with the share
    of those that they have lost."""
    lost = [
        (row, 1 - row.gflop_a_second / max(smaller.gflop_a_second for smaller in rows[:i]))
        for i, row in enumerate(rows)
        if i
    ]
    return [(row, share) for row, share in lost if share > TOLERANCE]


def growth(rows: Sequence[BoardRow]) -> list[tuple[float, float]]:
    """Milliseconds a trial beyond the time of the smallest leaderboard, which is the start of Python: first and again.

    Of every leaderboard but the smallest.
    """
    start, *larger = rows
    return [
        (1e3 * (row.first_s - start.first_s) / more, 1e3 * (row.again_s - start.again_s) / more)
        for row in larger
        if (more := row.trials - start.trials)
    ]


def table(rows: Sequence[StepRow | BoardRow]) -> str:
    """Markdown: a table a curve, each with what became of its goal."""
    steps = [row for row in rows if isinstance(row, StepRow)]
    boards = [row for row in rows if isinstance(row, BoardRow)]
    curves = {row.grows: [other for other in steps if other.grows == row.grows] for row in steps}
    parts = [_steps_table(grows, curve) for grows, curve in curves.items()]
    return "\n\n".join([*parts, _boards_table(boards)] if boards else parts)


def _steps_table(grows: str, rows: Sequence[StepRow]) -> str:
    lines = [
        [row.value, f"{row.ms_an_image:.3f}", f"{row.mflop_an_image:.2f}", f"{row.gflop_a_second:.1f}"] for row in rows
    ]
    slower = ", ".join(f"{share:.0%} at {row.value}" for row, share in falls(rows))
    verdict = f"not reached: GFLOP/s fall by {slower}" if slower else "reached"
    goal = (
        f"Goal: time grows no faster than the work, GFLOP/s at most {TOLERANCE:.0%} below a smaller size's: {verdict}."
    )
    return f"{markdown([grows, 'ms an image', 'MFLOP an image', 'GFLOP/s'], lines)}\n\n{goal}"


def _boards_table(rows: Sequence[BoardRow]) -> str:
    each = [("", ""), *((f"{first:.2f}", f"{again:.2f}") for first, again in growth(rows))]
    lines = [
        [f"{row.trials:,}", f"{row.first_s:.2f}", f"{row.again_s:.2f}", *ms, f"{row.mib:.0f}"]
        for row, ms in zip(rows, each, strict=True)
    ]
    head = ["trials", "first [s]", "again [s]", "first, beyond the start [ms a trial]", "again", "peak memory [MiB]"]
    return f"{markdown(head, lines)}\n\n{_boards_goal(rows)}".rstrip()


def _boards_goal(rows: Sequence[BoardRow]) -> str:
    """The largest against the one before it."""
    each = growth(rows)
    if len(each) < 2:
        return ""
    ratios = [now / then for now, then in zip(each[-1], each[-2], strict=True)]
    verdict = "reached" if max(ratios) <= 1 + TRIALS_TOLERANCE else "not reached"
    return (
        f"Goal: a trial's time grows by at most {TRIALS_TOLERANCE:.0%} from {rows[-2].trials:,} to {rows[-1].trials:,} "
        f"trials: × {ratios[0]:.2f} at first, × {ratios[1]:.2f} again: {verdict}."
    )


if __name__ == "__main__":
    main()
