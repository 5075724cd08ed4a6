"""The table of runs, written and read again: the same results, as far as verdicts go by them."""

from dataclasses import replace
from pathlib import Path

import pytest

from ablations.leaderboard import csv_of
from ablations.leaderboard.board import leaderboard_of
from ablations.results.csv_text import csv_text
from ablations.results.from_table import read_runs
from ablations.results.results import Result, read_results
from ablations.results.table import results_table
from gan_core.problems import UserError
from tests.ablations.journals import make_arm, write_trial

ARMS = (make_arm("baseline"), make_arm("dropout", ("dropout",)))


@pytest.fixture
def results(tmp_path: Path) -> tuple[Result, ...]:
    for n, arm in enumerate(ARMS):
        for seed in range(5):
            write_trial(tmp_path, arm, seed, 10.1 + n + seed / 3, inert=("dropout",) if n else ())
        write_trial(tmp_path, arm, 5, 10.0, "diverged")
        write_trial(tmp_path, arm, 6, 10.0, "failed")
        write_trial(tmp_path, arm, 7, float("inf"), ran_on="a CPU")
    return read_results(tmp_path)


def table_of(results: tuple[Result, ...], path: Path) -> Path:
    path.write_text(csv_text(results_table(results)))
    return path


def test_what_verdicts_go_by_comes_back(results: tuple[Result, ...], tmp_path: Path) -> None:
    again = read_runs(table_of(results, tmp_path / "runs.csv"))
    for before, after in zip(results, again, strict=True):
        last = after.summary.last
        assert last is None or before.summary.last is not None
        if before.summary.last is not None:
            assert last is not None
            assert last.scores == before.summary.last.scores
        kept = replace(before, summary=before.summary.model_copy(update={"last": last}))
        kept = replace(kept, summary=kept.summary.model_copy(update={"data_skipped": None}))
        assert repr(replace(after, factors=kept.factors)) == repr(kept)
        assert {name: text.strip("'") for name, text in after.factors.items()} == dict(kept.factors)
    assert csv_of(leaderboard_of(again)) == csv_of(leaderboard_of(results))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no CSV; allowed"),
        ("arm,seed\nbaseline,0\n", "has no column status, fid_best, fid_stamp"),
        ("arm,seed,status,fid_best,fid_stamp\nbaseline,0,fine,1,x\n", "runs.csv:2: status 'fine' is none of finished"),
        ("arm,seed,status,fid_best,fid_stamp\nbaseline,one,finished,1,x\n", "runs.csv:2: invalid literal for int()"),
        ("arm,seed,status,fid_best,fid_stamp\nbaseline,1,finished,low,x\n", "could not convert string to float: 'low'"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_runs(path)
    assert message in str(caught.value)
    assert "--runs-csv" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be read: No such file"):
        read_runs(tmp_path / "runs.csv")


def test_few_columns_do(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("arm,seed,status,fid_best,fid_stamp\nbaseline,0,finished,1.5,x\nbaseline,1,diverged,,\n")
    finished, diverged = read_runs(path)
    best = finished.summary.best
    assert best is not None
    assert [(score.metric, score.value, score.stamp) for score in best.scores] == [("fid", 1.5, "x")]
    assert (finished.is_baseline, diverged.status, diverged.summary.best) == (True, "diverged", None)
