"""Finding a run by what a person calls it, and sampling from the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.workspace.find_run import find_run
from gan_core.problems import UserError
from tests.ablations.journals import make_arm, make_trial, story, write


def test_by_folder_by_name_and_by_study(tmp_path: Path) -> None:
    folders = {}
    for study in ("one", "two"):
        for seed in (0, 1):
            trial = make_trial(tmp_path / study, make_arm("baseline" if seed == 0 else study), seed)
            write(trial, list(story(trial, 1.0))[:1])
            folders[study, seed] = trial.directory
    assert find_run(str(folders["one", 0]), tmp_path) == folders["one", 0]
    assert find_run("two/baseline-seed0", tmp_path) == folders["two", 0]
    assert find_run("one-seed1", tmp_path) == folders["one", 1]
    assert find_run(folders["one", 1].name, tmp_path) == folders["one", 1]
    with pytest.raises(UserError, match="2 runs are called 'baseline-seed0'") as error:
        find_run("baseline-seed0", tmp_path)
    assert "two/baseline-seed0" in error.value.problems[0].allowed
    with pytest.raises(UserError, match="did you mean 'one-seed1'"):
        find_run("one-sed1", tmp_path)
    with pytest.raises(UserError, match="no study here yet"):
        find_run("x", tmp_path / "empty")


def test_a_run_without_weights_is_told_so(tmp_path: Path) -> None:
    trial = make_trial(tmp_path / "tiny", make_arm("baseline"), 0)
    write(trial, list(story(trial, 1.0))[:1])
    result = CliRunner().invoke(
        app, ["sample", "baseline-seed0", "--runs", str(tmp_path), "--out", str(tmp_path / "g.png")]
    )
    assert isinstance(result.exception, UserError)
    assert "no best weights yet" in str(result.exception)
