"""A study that is stopped by Ctrl-C, killed, and run again ends as one that was left alone."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import optuna
import psutil
import pytest

from ablations.executors.inline import Inline
from ablations.tracking.points import points_of
from ablations.workspace.cursor import read_cursor
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import Evaluated, Finished
from gan_core.training import checkpoint
from tests.ablations.tiny import job_of, story_of, tiny_trials

pytestmark = pytest.mark.timeout(600)  # three executions of real processes, half a minute where nobody else is busy

SETTINGS = {"seeds": 2, "budget_kimg": 0.6}


@dataclass(frozen=True)
class Stage:
    """What one execution left: exit code, screen, and what the journals said when it had ended."""

    code: int
    out: str
    ends: dict[str, str]  # trial -> status, 'interrupted' or 'new'
    left_over: list[psutil.Process]  # processes that were still there when it had ended


class Story:
    """Three executions: Ctrl-C in the middle, the parent killed in the middle, to the end."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        self.trials = tiny_trials(folder, **SETTINGS)
        self.interrupted = self.execution(self.ctrl_c, when=2)
        self.killed = self.execution(self.kill, when=3)
        self.last = self.execution(lambda parent: None, when=0)

    def execution(self, act: object, when: int) -> Stage:
        """Run the study; `act` on its process as soon as `when` trials have ticked since they were launched."""
        assert callable(act)
        command = [
            sys.executable,
            "-m",
            "ablations",
            "run",
            "tiny.yaml",
            "--runs",
            ".",
            "--workers",
            "2",
            "--threads",
            "1",
        ]
        environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
        environment["GAN_ABLATIONS_HOME"] = str(self.home)
        with subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as parent:  # fmt: skip
            group: list[psutil.Process] = []
            while when and parent.poll() is None:
                if sum(b'"ticked"' in _bytes(trial) for trial in self.trials) >= when:
                    group = psutil.Process(parent.pid).children(recursive=True)
                    break
                time.sleep(0.005)
            act(parent)
            out, _ = parent.communicate(timeout=180)
        _, left_over = psutil.wait_procs(group, timeout=10)
        return Stage(parent.returncode, out, {t.name: _end(t) for t in self.trials}, left_over)

    def ctrl_c(self, parent: "subprocess.Popen[str]") -> None:
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does

    def kill(self, parent: "subprocess.Popen[str]") -> None:
        parent.kill()


def _bytes(trial: Trial) -> bytes:
    path = trial.directory / journal.NAME
    return path.read_bytes() if path.exists() else b""


def _end(trial: Trial) -> str:
    events = journal.read(trial.directory)
    if not events:
        return "new"
    return events[-1].status if isinstance(events[-1], Finished) else "interrupted"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Story:
    return Story(tmp_path_factory.mktemp("interruption"), home)


def test_ctrl_c_saves_and_says_how_to_go_on(story: Story) -> None:
    stage = story.interrupted
    assert stage.code == 1, stage.out
    assert "Traceback" not in stage.out
    assert stage.left_over == []
    stopped = [name for name, end in stage.ends.items() if end == "interrupted"]
    assert stopped
    for name in stopped:
        assert f"{name}: stopped; " in stage.out
    left = sum(end != "finished" for end in stage.ends.values())
    assert stage.out.splitlines()[-1] == f"stopped: {left} of 4 trials are left; the same command goes on"
    assert "failed" not in stage.out


def test_when_the_parent_is_killed_the_trials_save_and_end(story: Story) -> None:
    stage = story.killed
    assert stage.code == -signal.SIGKILL, stage.out
    assert stage.left_over == []
    assert "Traceback" not in stage.out
    interrupted = [trial for trial in story.trials if stage.ends[trial.name] == "interrupted"]
    assert interrupted
    assert "failed" not in stage.ends.values()


def test_finished_trials_are_kept(story: Story) -> None:
    for name, end in story.interrupted.ends.items():
        if end == "finished":
            assert f"{name}: " not in story.killed.out
    for name, end in story.killed.ends.items():
        if end == "finished":
            assert f"{name}: " not in story.last.out


def test_the_end_is_that_of_a_study_that_was_left_alone(story: Story, tmp_path: Path, home: Path) -> None:
    assert story.last.code == 0, story.last.out
    assert set(story.last.ends.values()) == {"finished"}
    straight = tiny_trials(tmp_path, **SETTINGS)
    list(Inline("cpu", 1).run((job_of(trial, home) for trial in straight), lambda: False))
    for trial, other in zip(story.trials, straight, strict=True):
        assert story_of(trial.directory) == story_of(other.directory)
        assert (trial.directory / checkpoint.NAME).exists()


def test_optuna_has_every_trial_once(story: Story) -> None:
    url = f"sqlite:///{story.folder / 'tiny' / 'optuna.db'}"
    entries = optuna.load_study(study_name="tiny", storage=url).get_trials()
    assert {entry.state.name for entry in entries} == {"COMPLETE"}
    told = {(e.user_attrs["arm"], e.params["seed"]): (e.value, len(e.intermediate_values)) for e in entries}
    assert len(told) == len(entries) == 4
    for trial in story.trials:
        (best,) = (e for e in journal.read(trial.directory) if isinstance(e, Evaluated) and e.of == "best")
        assert told[trial.arm.name, trial.seed] == (best.scores[0].value, 2)


def test_mlflow_has_every_point_once(story: Story) -> None:
    with closing(sqlite3.connect(story.folder / "tiny" / "mlflow.db")) as database:
        for trial in story.trials:
            cursor = read_cursor(trial.directory)
            assert cursor is not None
            found = database.execute(
                "select key, step, value from metrics where run_uuid = ? and key not like 'system/%'", (cursor.run_id,)
            )
            expected = [
                (p.name, p.step, p.value) for p in points_of(journal.read(trial.directory), trial.config.budget_kimg)
            ]
            assert sorted(found.fetchall()) == sorted(expected)
        states = database.execute("select name, status from runs").fetchall()
    assert sorted(status for name, status in states if name.startswith("tiny ")) == ["FINISHED", "KILLED", "KILLED"]
    assert sorted(item for item in states if not item[0].startswith("tiny ")) == sorted(
        (trial.name, "FINISHED") for trial in story.trials
    )
