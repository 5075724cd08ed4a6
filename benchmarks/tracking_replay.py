"""What tracking a trial costs in CPU time, without training: a recorded trial is sent as it would have been.

    python benchmarks/tracking_replay.py TRIAL_FOLDER [--times N]

Its journal grows by as much as it did in each of the tracker's intervals, and is shipped after each. CPU time of the
thread that ships, in seconds and as a share of the wall time that the trial took. This hardly depends on who else uses
the machine, and takes seconds.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ablations.study.arm import Arm
from ablations.tracking.mlflow.store import SHIP, Store, limits, open_store
from ablations.tracking.mlflow.tracker import INTERVAL_S
from ablations.tracking.mlflow.trial_run import TrialRun
from ablations.tracking.params import trial_params
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.trial_record import read_record
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import AnyEvent


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("trial", type=Path)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    events = journal.read(options.trial)
    wall_s = events[-1].time - events[0].time
    with tempfile.TemporaryDirectory() as folder, limits(SHIP):
        root = Path(folder)
        store = open_store(f"sqlite:///{root}/mlflow.db", "replay", root / "files")
        costs = [replayed(options.trial, store, root / str(number), number) for number in range(options.times + 1)]
    print(f"{len(events)} events, {wall_s:.1f} s of training, shipped every {INTERVAL_S:g} s")
    print(f"first in its process: {costs[0]:.3f} s; then {', '.join(f'{cost:.3f}' for cost in costs[1:])} s")
    print(f"median {statistics.median(costs[1:]):.3f} s: {statistics.median(costs[1:]) / wall_s:.2%} of the training")


def replayed(source: Path, store: Store, directory: Path, number: int) -> float:
    """CPU seconds of shipping the trial, its end included, as a run of its own."""
    shutil.copytree(source, directory, ignore=shutil.ignore_patterns(CURSOR, journal.NAME))
    record = read_record(source)
    config = resolve(record.config)
    arm = Arm(f"{record.arm}{number}", record.factors, record.config, config)
    trial = Trial(record.study, arm, record.seed, config, directory)
    run = TrialRun(store, trial, trial_params([trial])[trial.name], lambda begun: {})
    spent = 0.0
    parts = list(in_parts(journal.read(source)))
    for part in parts:
        for event in part:
            journal.append(directory, event)
        begun = time.thread_time()
        run.ship(final=part is parts[-1])
        spent += time.thread_time() - begun
    return spent


def in_parts(events: list[AnyEvent]) -> Iterator[list[AnyEvent]]:
    """What each interval brought."""
    part: list[AnyEvent] = []
    end = events[0].time + INTERVAL_S
    for event in events:
        while event.time > end:
            yield part
            part, end = [], end + INTERVAL_S
        part.append(event)
    yield part


if __name__ == "__main__":
    main()
