"""Some arms of a study as a study of their own, run by the real command; and where its time went, by its journals."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ablations.study.arm import Arm
from ablations.study.study import Study, load_study
from gan_core import journal
from gan_core.events import Evaluated, Finished, Started, Ticked
from gan_core.machine.home import HOME_VARIABLE, machine_home
from gan_core.machine.resources import share

ROOT = Path(__file__).parents[1]
MAIN = ROOT / "studies" / "ganhacks.yaml"
NAME = "some_arms"
# What would make a measured process another one than that of a user who has set nothing
UNSET = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "MLFLOW_TRACKING_URI", "ABLATIONS_STORAGE")


@dataclass(frozen=True)
class TrialTime:
    """Where the time of one trial went, in seconds.

    From its own start in its process (`began`, Unix time) until its pictures are drawn (`ended`).
    """

    began: float
    ended: float
    threads: int
    steps: int
    training_s: float  # the steps, with what a tick reads from the device
    evaluation_s: float  # scores, with loading the extractor and what is known of the reals
    progress_s: float  # of that, the scores on the way
    final_s: float  # and those at the end
    pictures_s: float  # drawn after the end
    status: str

    @property
    def span_s(self) -> float:
        return self.ended - self.began

    @property
    def other_s(self) -> float:
        """Loading data, building networks, checkpoints, grids of samples, the journal."""
        return self.span_s - self.training_s - self.evaluation_s - self.pictures_s


@dataclass(frozen=True)
class CommandTime:
    """One `python -m ablations run`, from start to leaderboard, in seconds; `workers`: trials at the same time."""

    wall_s: float
    before_s: float  # until the first trial begins
    after_s: float  # from the end of the last trial on
    workers: int
    trials: tuple[TrialTime, ...]

    @property
    def parent_s(self) -> float:
        """Seconds of a worker's place that no trial had: start, end, and gaps between trials."""
        return self.wall_s * self.workers - sum(trial.span_s for trial in self.trials)


def spread(study: Study, count: int) -> list[Arm]:
    """So many arms of a study, evenly spread over its list, the reference among them."""
    most = len(study.arms) - 1
    if not 2 <= count <= most + 1:
        raise SystemExit(f"two arms at least, and {study.name} has {most + 1}; {count} were asked for")
    return [study.arms[round(i * most / (count - 1))] for i in range(count)]


def write_study(
    study: Study, arms: Sequence[Arm], seeds: int, folder: Path, more: Mapping[str, Mapping[str, Any]] | None = None
) -> Path:
    """A study file of these arms alone, in this order; the configurations are the same, the names are not.

    `more`: further arms, each as what it changes in the baseline. A study has two arms at least.
    """
    path = folder / f"{NAME}.yaml"
    listed: dict[str, Any] = {f"arm{i}": [name for name, on in arm.factors.items() if on] for i, arm in enumerate(arms)}
    listed |= {name: dict(settings) for name, settings in (more or {}).items()}
    content = {
        "question": f"some arms of {study.name}",
        "design": "arms",
        "arms": listed,
        "seeds": seeds,
        "baseline": dict(study.baseline),
        "tricks": {name: dict(settings) for name, settings in study.factors.items()},
    }
    with open(path, "w") as file:
        YAML().dump(content, file)
    written = [arm.config for arm in load_study(path).arms]
    if written[: len(arms)] != [arm.config for arm in arms]:
        raise RuntimeError(f"the arms of {path} are not those of {study.path}")
    return path


def environment(home: Path) -> dict[str, str]:
    """This process's, as a user who has set nothing but the home folder has it."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, HOME_VARIABLE: str(home), "MLFLOW_DISABLE_TELEMETRY": "true"}


def run_process(command: Sequence[str], home: Path, log: Path, more: Mapping[str, str] | None = None) -> float:
    """Wall seconds of a command in the checkout; `more`: of its environment.

    Raises RuntimeError with the end of its output where it fails.
    """
    began = time.perf_counter()
    with open(log, "w") as file:
        variables = {**environment(home), **(more or {})}
        done = subprocess.run(command, cwd=ROOT, env=variables, stdout=file, stderr=subprocess.STDOUT, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{log.read_text()[-2000:]}")
    return seconds


def run_study(path: Path, folder: Path, home: Path, device: str | None = None) -> CommandTime:
    """`ablations run` of a study file in a workspace of its own under `folder`; `device`: None for its own choice."""
    runs, began = folder / "runs", time.time()
    command = [sys.executable, "-m", "ablations", "run", str(path), "--runs", str(runs)]
    command += [] if device is None else ["--device", device]
    wall_s = run_process(command, home, folder / "run.log")
    directories = sorted((runs / path.stem / "trials").iterdir())
    if not (runs / path.stem / "leaderboard.csv").exists():
        raise RuntimeError(f"{path} was run and has no leaderboard")
    trials = tuple(trial_time(directory) for directory in directories)
    return CommandTime(
        wall_s=wall_s,
        before_s=min(trial.began for trial in trials) - began,
        after_s=began + wall_s - max(trial.ended for trial in trials),
        workers=share(len(trials), None, None, device).workers,
        trials=trials,
    )


def trial_time(directory: Path) -> TrialTime:
    """Of a trial that has ended, from its journal; the pictures' end from their files."""
    events = journal.read(directory)
    start, end = events[0], events[-1]
    if not isinstance(start, Started) or not isinstance(end, Finished) or end.status == "failed":
        raise RuntimeError(f"{directory} holds no trial that has ended")
    scores = [event for event in events if isinstance(event, Evaluated)]
    ended = max([end.time, *(picture.stat().st_mtime for picture in (directory / "show").glob("*"))])
    return TrialTime(
        began=start.time - start.wall_s,
        ended=ended,
        threads=start.threads,
        steps=end.step,
        training_s=sum(_tick_seconds([event for event in events if isinstance(event, Ticked)])),
        evaluation_s=end.evaluation_s or 0.0,
        progress_s=sum(score.seconds for score in scores if score.of == "progress"),
        final_s=sum(score.seconds for score in scores if score.of != "progress"),
        pictures_s=ended - end.time,
        status=end.status,
    )


def _tick_seconds(ticks: Sequence[Ticked]) -> Iterator[float]:
    before = 0
    for tick in ticks:
        yield (tick.images - before) / tick.images_per_s
        before = tick.images


@contextmanager
def home_for(*, cold: bool) -> Iterator[Path]:
    """This machine's home folder; `cold`: a new one that holds the published files alone.

    There data sets are prepared, and the features of the reals and the floors are computed, as on a user's first day.
    """
    if not cold:
        yield machine_home()
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "datasets").symlink_to(machine_home() / "datasets")
        yield Path(folder)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def mean_of(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The mean of each."""
    return {name: sum(numbers) / len(numbers) for name, numbers in values.items()}
