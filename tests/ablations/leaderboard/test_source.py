"""What lies in a study's folder counts, whatever the folder is called."""

import shutil
from pathlib import Path

import pytest

from ablations.leaderboard import Table, csv_of, json_of
from ablations.leaderboard.source import from_disk, from_folders
from ablations.report.compare import side_by_side
from ablations.report.compare_sides import sides_of
from ablations.report.study_report import study_reports
from ablations.statistics import Rule
from ablations.study.claims.records import Claim, OfArms
from ablations.workspace.find_run import find_run, find_trial
from ablations.workspace.workspace import Workspace, find_workspace
from gan_core.problems import UserError
from tests.ablations.command import ablations
from tests.ablations.journals import write_entries
from tests.ablations.report.studies import FIDS, ONE_IN, write_study

CLAIM = Claim(
    name="helps",
    statement="it does",
    source="somebody",
    comparison="dropout < baseline",
    relation="<",
    test=OfArms(left="dropout", right="baseline"),
)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A study `s` with a rule, a claim, floors and scores from elsewhere."""
    write_study(tmp_path / "runs" / "s", ONE_IN, FIDS, rule=Rule(margin=0.9), claims=(CLAIM,))
    write_entries(tmp_path / "runs" / "s")
    return tmp_path / "runs"


def told(table: Table) -> tuple[float, int, int, int]:
    return table.rule.margin, len(table.claims), len(table.floors), len(table.elsewhere)


@pytest.mark.parametrize("how", ["renamed", "copied", "linked", "here"])
def test_a_folder_by_another_name(runs: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = from_folders([runs / "s"]).leaderboard()
    assert told(before.tables[0]) == (0.9, 1, 2, 1)
    other = runs / "job_4711"
    if how == "copied":
        shutil.copytree(runs / "s", other)
    elif how == "linked":
        other.symlink_to(runs / "s")
    elif how == "renamed":
        (runs / "s").rename(other)
    else:
        monkeypatch.chdir(runs / "s")
        other = Path()
    after = from_disk([str(other)], runs).leaderboard()
    assert json_of(after) == json_of(before)
    assert [report.name for report in study_reports([other])] == ["s"]
    sides = side_by_side(*sides_of("dropout", "baseline", str(other), runs))
    assert sides.effects.rule.margin == 0.9


def test_two_folders_of_one_study_are_told_apart(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "s", runs / "copy")
    shutil.copytree(runs / "s", tmp_path / "old" / "copy")
    both = from_folders([runs / "s", runs / "copy"]).leaderboard()
    assert [table.study for table in both.tables] == ["s", "s (copy)"]
    assert {told(table) for table in both.tables} == {(0.9, 1, 2, 1)}
    copies = from_folders([runs / "copy", tmp_path / "old" / "copy"]).leaderboard()
    assert [table.study for table in copies.tables] == [f"s ({tmp_path}/old/copy)", f"s ({runs}/copy)"]
    assert [report.name for report in study_reports([runs / "s", runs / "copy"])] == ["s", "s (copy)"]
    (runs / "link").symlink_to(runs / "s")
    assert csv_of(from_folders([runs / "s", runs / "link"]).leaderboard()) == csv_of(
        from_folders([runs / "s"]).leaderboard()
    )


def test_found_by_its_own_name(runs: Path) -> None:
    (runs / "s").rename(runs / "job")
    assert find_workspace("s", runs) == Workspace(runs / "job")
    assert find_workspace("s.yaml", runs) == Workspace(runs / "job")
    run = find_trial(find_workspace("s", runs), "dropout", 0)
    assert find_run("s/dropout-seed0", runs) == find_run("job/dropout-seed0", runs) == run
    assert side_by_side(*sides_of("s/dropout", "job/baseline", None, runs)).pairs
    (runs / "zlink").symlink_to(runs / "job")
    assert find_run("dropout-seed0", runs) == run  # once
    shutil.copytree(runs / "job", runs / "copy")
    with pytest.raises(UserError, match="2 folders hold a study 's'"):
        find_workspace("s", runs)
    with pytest.raises(UserError, match="2 runs are called 's/dropout-seed0'"):
        find_run("s/dropout-seed0", runs)
    with pytest.raises(UserError, match="did you mean 'dropout-seed0'"):
        find_trial(Workspace(runs / "job"), "dropot", 0)


def test_what_is_deleted_is_named_by_its_folder(runs: Path) -> None:
    (runs / "s").rename(runs / "job")
    assert ablations("delete", "s", "--runs", runs, "--yes").code == 2
    assert (runs / "job").is_dir()
    assert ablations("delete", "job", "--runs", runs, "--yes").code == 0
    assert not (runs / "job").exists()
