"""A study's directory: made, kept, refused when the study changed, and one process's at a time."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ablations.statistics import Looks
from ablations.study.study import Study, load_study
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import trials_of
from ablations.workspace.workspace import Workspace, find_workspace
from gan_core import journal
from gan_core.events import Saved
from gan_core.problems import UserError

TEXT = """\
question: q
design: one-in
seeds: 2
baseline: {data: shapes, width: 8}
tricks:
  half: {dropout: 0.5}
  ttur: {lr_d: 4e-4}
"""


def _study(tmp_path: Path, text: str = TEXT, name: str | None = None) -> Study:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return load_study(path, name)


def _begin(study: Study, runs: Path) -> Workspace:
    """Open the workspace and write the first line of one trial's journal."""
    with open_workspace(study, runs) as workspace:
        trial = trials_of(study, workspace.root)[0]
        trial.write_record()
        journal.append(trial.directory, Saved(seq=0, time=0, step=0, images=0, wall_s=0, path="checkpoint.pt"))
    return workspace


def test_a_new_study(tmp_path: Path) -> None:
    study, runs = _study(tmp_path), tmp_path / "deep" / "runs"
    with open_workspace(study, runs) as workspace:
        assert workspace.root == runs / "mine"
        assert workspace.name == "mine"
        assert workspace.study_yaml.read_text() == TEXT
        assert workspace.record() == study.record()
        assert workspace.trials.is_dir()
        assert not workspace.has_results()
    places = (workspace.optuna_db, workspace.mlflow_db, workspace.mlartifacts, workspace.leaderboard_csv)
    assert [str(place.relative_to(workspace.root)) for place in places] == [
        "optuna.db",
        "mlflow.db",
        "mlartifacts",
        "leaderboard.csv",
    ]


def test_without_results_a_changed_study_is_written_anew(tmp_path: Path) -> None:
    study = _study(tmp_path)
    with open_workspace(study, tmp_path) as workspace:
        with closing(sqlite3.connect(workspace.optuna_db)) as ledger:
            ledger.execute("CREATE TABLE trials (trial_id INTEGER)")
        trials_of(study, workspace.root)[1].write_record()
    with open_workspace(_study(tmp_path), tmp_path):
        assert workspace.optuna_db.exists()  # unchanged, kept
        assert list(workspace.trials.iterdir())
    changed = TEXT.replace("0.5", "0.4")
    with open_workspace(_study(tmp_path, changed), tmp_path):
        assert workspace.study_yaml.read_text() == changed
        assert workspace.record().arms[1].config["dropout"]["p"] == 0.4
        assert not workspace.optuna_db.exists()
        assert not list(workspace.trials.iterdir())


FREE = {
    "nothing": ("question: q", "question: q"),
    "comment": ("question: q", "# why\nquestion: q"),
    "question": ("question: q", "question: another"),
    "papers": ("question: q", "question: q\npapers: [One]"),
    "more seeds": ("seeds: 2", "seeds: 4"),
    "seeds listed": ("seeds: 2", "seeds: [9, 1, 0]"),
    "other words": ("dropout: 0.5", "dropout: {p: 0.5}"),
    "default written out": ("width: 8", "width: 8, loss: non_saturating"),
}


@pytest.mark.parametrize(("old", "new"), FREE.values(), ids=FREE)
def test_with_results_what_changes_no_configuration_is_free(tmp_path: Path, old: str, new: str) -> None:
    workspace = _begin(_study(tmp_path), tmp_path)
    text = TEXT.replace(old, new)
    study = _study(tmp_path, text)
    with open_workspace(study, tmp_path):
        pass
    assert workspace.has_results()
    assert workspace.study_yaml.read_text() == text
    kept, now = workspace.record(), study.record()
    assert kept == now.model_copy(update={"planned_looks": kept.planned_looks, "seeds": kept.seeds})
    assert kept.planned_looks == Looks.of_count(2)  # as before the first result
    assert (kept.seeds[:2], set(kept.seeds)) == ((0, 1), set(now.seeds))


FORBIDDEN = {
    "arm's option": ("0.5", "0.4", ["arms.half.dropout.p: 0.5 before, 0.4 now"]),
    "baseline": ("width: 8", "width: 16", ["every arm.width: 8 before, 16 now"]),
    "baseline of some arms": (
        "width: 8",
        "width: 8, lr_d: 3e-4",
        ["arms.baseline.lr_d: 0.0002 before, 0.0003 now", "arms.half.lr_d: 0.0002 before, 0.0003 now"],
    ),
    "trick added to the baseline": (
        "width: 8",
        "width: 8, label_smoothing: true",
        ["every arm.label_smoothing: not set before, {'real': 0.9, 'fake': 0.0, 'g': 1.0} now"],
    ),
    "fewer seeds": ("seeds: 2", "seeds: 1", ["seeds: [0, 1] before, [0] now"]),
    "arm renamed": ("half:", "much:", ["arms.half: this arm is gone", "arms.much: this arm is new"]),
    "arm added": ("seeds: 2", "seeds: 2\nall_together: true", ["arms.all: this arm is new"]),
}


@pytest.mark.parametrize(("old", "new", "differences"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_with_results_a_changed_study_is_refused(tmp_path: Path, old: str, new: str, differences: list[str]) -> None:
    workspace = _begin(_study(tmp_path), tmp_path)
    changed = _study(tmp_path, TEXT.replace(old, new))
    with pytest.raises(UserError) as caught, open_workspace(changed, tmp_path):
        pytest.fail("the body must not run")
    head, *rest = map(str, caught.value.problems)
    assert head.startswith(f"{changed.path}: the study has results in {workspace.root} and has changed since")
    assert "--as NEWNAME" in head
    assert f"`delete` removes {workspace.root}" in head
    assert rest == differences
    assert workspace.study_yaml.read_text() == TEXT
    with open_workspace(_study(tmp_path, TEXT.replace(old, new), name="other"), tmp_path) as other:  # the way on
        assert other.root != workspace.root


def test_with_results_and_a_record_of_another_version(tmp_path: Path) -> None:
    study = _study(tmp_path)
    workspace = _begin(study, tmp_path)
    workspace.study_json.write_text('{"schema_version": 99}')
    with pytest.raises(UserError, match="99, this program knows 1"), open_workspace(study, tmp_path):
        pytest.fail("the body must not run")
    assert workspace.study_json.read_text() == '{"schema_version": 99}'


def test_a_second_run_is_told_so_and_the_lock_ends_with_the_body(tmp_path: Path) -> None:
    study = _study(tmp_path)
    with (
        open_workspace(study, tmp_path),
        pytest.raises(UserError, match=r"study mine is at work in another process \(\d+\)"),
        open_workspace(study, tmp_path),
    ):
        pytest.fail("the body must not run")
    with pytest.raises(RuntimeError), open_workspace(study, tmp_path):
        raise RuntimeError
    with open_workspace(study, tmp_path):
        pass


def test_a_killed_process_leaves_no_lock_and_its_children_hold_none(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = f"""
import subprocess, sys, time
from pathlib import Path
from gan_core.machine.files import exclusive
with exclusive(Path({str(lock)!r}), "study mine"):
    child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    time.sleep(60)
"""
    from gan_core.machine.files import exclusive

    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        child = holder.stdout.readline().strip()
        try:
            with pytest.raises(UserError, match=rf"another process \({holder.pid}\)"), exclusive(lock, "study mine"):
                pytest.fail("the body must not run")
            holder.kill()
            holder.wait()
            with exclusive(lock, "study mine"):
                pass
        finally:
            holder.kill()
            subprocess.run(["kill", child], check=False)


def test_finding_a_workspace_needs_no_lock(tmp_path: Path) -> None:
    study = _study(tmp_path)
    with open_workspace(study, tmp_path / "runs") as workspace:
        for asked in ("mine", "mine.yaml", str(tmp_path / "mine.yaml"), str(tmp_path / "runs" / "mine")):
            assert find_workspace(asked, tmp_path / "runs") == workspace
    with pytest.raises(UserError, match=r"study 'mien' has not been run .*; allowed: mine; did you mean 'mine'\?"):
        find_workspace("studies/mien.yaml", tmp_path / "runs")
    with pytest.raises(UserError, match="allowed: none yet"):
        find_workspace("mine", tmp_path / "elsewhere")


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(UserError, match="can't be made"), open_workspace(_study(tmp_path), tmp_path / "runs"):
        pytest.fail("the body must not run")
