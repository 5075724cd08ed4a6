"""Ranked arms, and the CSV that pandas reads back without cleaning."""

import math
import random
from pathlib import Path

import pandas as pd
import pytest
from pandas.api.types import is_numeric_dtype
from scipy import stats

from ablations.leaderboard import COLUMNS, Leaderboard, leaderboard_of, write_csv
from ablations.render.leaderboard import leaderboard_table
from ablations.results import read_results
from gan_core.problems import UserError
from tests.ablations.journals import make_arm, write_trial

FIDS = {"baseline": (30.0, 40.0, 50.0), "dropout": (20.0, 29.0, 41.0), "ttur": (29.0, 41.0, 52.0)}
ARMS = {"baseline": make_arm("baseline"), **{name: make_arm(name, (name,)) for name in ("dropout", "ttur")}}
TEXT = {"arm", "verdict", "inert", "run_verdicts", "score", "protocol", "study", "data_digests", "mlflow_run_ids"}


@pytest.fixture
def board(tmp_path: Path) -> Leaderboard:
    """Three arms, three seeds; and an arm of which one seed diverged, one failed."""
    for name, fids in FIDS.items():
        for seed, fid in enumerate(fids):
            write_trial(tmp_path, ARMS[name], seed, fid)
    both = make_arm("both", ("dropout", "ttur"))
    write_trial(tmp_path, both, 0, 0.001, "diverged")
    write_trial(tmp_path, both, 1, 0.001, "failed")
    return leaderboard_of(read_results(tmp_path))


def test_ranked_by_the_mean_of_the_best(board: Leaderboard) -> None:
    (table,) = board.tables
    assert [(row.rank, row.arm) for row in table.rows] == [(1, "dropout"), (2, "baseline"), (3, "ttur"), (None, "both")]
    assert (table.study, table.score) == ("tiny", "fid10k_tiny-1a2b3c4d")
    assert table.protocol == "fid:12345678 is:i12345678"


def test_numbers_of_an_arm(board: Leaderboard) -> None:
    row = board.tables[0].rows[0]
    fid, base = FIDS["dropout"], FIDS["baseline"]
    interval = stats.ttest_1samp(fid, 0).confidence_interval()
    paired = stats.ttest_rel(fid, base).confidence_interval()
    assert row.fid.mean == 30.0
    assert row.fid.sd == pytest.approx(stats.tstd(fid))
    assert (row.fid.low, row.fid.high) == pytest.approx((interval.low, interval.high))
    assert (row.fid_difference.mean, row.fid_difference.n) == (-10.0, 3)
    assert (row.fid_difference.low, row.fid_difference.high) == pytest.approx((paired.low, paired.high))
    assert (row.fid_best_single, row.inception.mean, row.fid_last_mean) == (20.0, 3.0, 31.0)
    assert (row.kimg_at_best, row.seconds_at_best) == (0.9, 9.0)


def test_verdicts(board: Leaderboard) -> None:
    verdicts = {row.arm: row.verdict for row in board.tables[0].rows}
    assert verdicts == {"dropout": "better", "baseline": "baseline", "ttur": "can't tell", "both": "can't tell"}


def test_divergence_is_counted_and_never_averaged_in(board: Leaderboard, tmp_path: Path) -> None:
    both = board.tables[0].rows[-1]
    assert (both.seeds_finished, both.seeds_diverged, both.seeds_failed) == (0, 1, 1)
    assert math.isnan(both.fid.mean)
    write_trial(tmp_path, ARMS["dropout"], 3, 0.001, "diverged")
    dropout = leaderboard_of(read_results(tmp_path)).tables[0].rows[0]
    assert (dropout.fid.mean, dropout.seeds_finished, dropout.seeds_diverged) == (30.0, 3, 1)


def test_one_seed_can_tell_nothing(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS["baseline"], 0, 100.0)
    write_trial(tmp_path, ARMS["dropout"], 0, 1.0)
    row = leaderboard_of(read_results(tmp_path)).tables[0].rows[0]
    assert (row.arm, row.fid_difference.mean, row.verdict) == ("dropout", -99.0, "can't tell")
    assert math.isnan(row.fid.low)


def test_two_protocols_are_two_tables(tmp_path: Path) -> None:
    for arm, fid in (("baseline", 10.0), ("dropout", 11.0)):
        write_trial(tmp_path, ARMS[arm], 0, fid, stamp="aaaaaaaa")
    write_trial(tmp_path, ARMS["ttur"], 0, 1.0, stamp="bbbbbbbb")
    write_trial(tmp_path, ARMS["ttur"], 1, 1.0, "diverged")
    first, second = leaderboard_of(read_results(tmp_path)).tables
    assert [(r.rank, r.arm) for r in first.rows] == [(1, "baseline"), (2, "dropout"), (None, "ttur")]
    assert [(r.rank, r.arm, r.seeds_diverged) for r in second.rows] == [(1, "ttur", 1)]
    assert math.isnan(second.rows[0].fid_difference.mean)
    assert first.protocol != second.protocol


def test_an_arm_whose_trick_never_acted_in_some_seed_says_so(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS["baseline"], 0, 30.0)
    for seed, inert in enumerate([(), ("dropout",), ("dropout",), None]):
        write_trial(tmp_path, ARMS["dropout"], seed, 20.0, inert=inert)
    board = leaderboard_of(read_results(tmp_path))
    assert {row.arm: row.inert for row in board.tables[0].rows} == {"dropout": ("dropout",), "baseline": ()}
    assert board.frame().set_index("arm")["inert"].to_dict() == {"dropout": "dropout", "baseline": ""}
    assert [column.header for column in leaderboard_table(board.tables[0]).columns][-1] == "inert: never acted"


def test_where_every_trick_acted_there_is_no_column_for_it(board: Leaderboard) -> None:
    assert not any("inert" in str(column.header) for column in leaderboard_table(board.tables[0]).columns)


def test_csv_needs_no_cleaning(board: Leaderboard, tmp_path: Path) -> None:
    path = tmp_path / "leaderboard.csv"
    write_csv(board, path)
    read = pd.read_csv(path)
    factors = ["factor_dropout", "factor_ttur"]
    assert list(read) == ["rank", "arm", *factors, *list(COLUMNS)[2:]]
    for column in set(COLUMNS) - TEXT:
        assert is_numeric_dtype(read[column]), column
    for column in ("arm", "verdict", "run_verdicts", "score", "protocol", "study", *factors):
        assert read[column].map(type).eq(str).all(), column
    assert read.set_index("arm")["factor_dropout"].to_dict() == {
        "dropout": "0.3",
        "baseline": "off",
        "ttur": "off",
        "both": "0.3",
    }
    written = board.frame()
    for column in set(COLUMNS) - TEXT:
        pd.testing.assert_series_equal(read[column].astype(float), written[column].astype(float))
    assert [p.name for p in tmp_path.glob("leaderboard*")] == ["leaderboard.csv"]


def test_stable_whatever_the_order(board: Leaderboard, tmp_path: Path) -> None:
    write_trial(tmp_path, make_arm("aaa", ("ttur",)), 0, 40.0)  # the same mean as the baseline's
    directories = [path.parent for path in tmp_path.glob("trials/*/trial.json")]
    expected = leaderboard_of(read_results(directories)).frame()
    assert expected["arm"].tolist()[1:3] == ["baseline", "aaa"]
    for seed in range(3):
        random.Random(seed).shuffle(directories)
        pd.testing.assert_frame_equal(leaderboard_of(read_results(directories)).frame(), expected)


def test_the_same_arm_and_seed_twice_is_refused(tmp_path: Path) -> None:
    one = write_trial(tmp_path / "one", ARMS["dropout"], 0, 1.0)
    two = write_trial(tmp_path / "two", ARMS["dropout"], 0, 2.0)
    with pytest.raises(UserError, match=r"'dropout', seed 0"):
        leaderboard_of(read_results([one.directory, two.directory]))


def test_two_studies_have_their_own_baselines(tmp_path: Path) -> None:
    trials = [
        write_trial(tmp_path / name, arm, 0, fid, study=name)
        for name, fid in (("x", 10.0), ("y", 50.0))
        for arm in (ARMS["baseline"], ARMS["dropout"])
    ]
    tables = leaderboard_of(read_results([t.directory for t in trials])).tables
    assert [table.study for table in tables] == ["x", "y"]
    assert all(row.fid_difference.mean == 0 for table in tables for row in table.rows if row.arm == "dropout")


def test_nothing_yet_is_an_empty_leaderboard(tmp_path: Path) -> None:
    board = leaderboard_of(read_results([]))
    assert board.tables == ()
    assert list(board.frame()) == list(COLUMNS)
