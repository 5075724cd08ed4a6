"""Ranked arms, and the CSV that pandas reads back without cleaning."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.api.types import is_numeric_dtype
from scipy import stats

from ablations.leaderboard import Leaderboard, frame_of, json_of, leaderboard_of, write_csv
from ablations.leaderboard.columns import documented, table_columns
from ablations.results.results import read_results
from ablations.statistics import Looks
from ablations.terminal.leaderboard import leaderboard_table
from gan_core.problems import UserError
from tests.ablations.journals import ARMS, make_arm, write_trial

FIDS = {"baseline": (30.0, 40.0, 50.0), "dropout": (20.0, 29.0, 41.0), "ttur": (29.0, 41.0, 52.0)}
TEXT = {"arm", "kind", "ranked_by", "verdict", "reason", "inert", "run_verdicts", "score", "protocol", "study"}
TEXT |= {"state", "ran_on", "same_as", "data_digests", "mlflow_run_ids", "what", "factor_dropout", "factor_ttur"}


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
    assert row.comparison is not None
    difference, shown = row.comparison.difference, row.comparison.shown
    assert (difference.mean, difference.n) == (-10.0, 3)
    assert (difference.low, difference.high) == pytest.approx((paired.low, paired.high))
    logs = np.log(np.divide(fid, base))
    share = Looks.of_count(3).shares[0]  # of alpha, at the first look of three seeds
    ratio = stats.ttest_1samp(logs, 0).confidence_interval(1 - 0.05 * share / 2)  # two arms are tested
    assert (shown.mean, shown.low, shown.high) == pytest.approx(
        (stats.gmean(np.divide(fid, base)), math.exp(ratio.low), math.exp(ratio.high))
    )
    p = [stats.ttest_1samp(np.log(np.divide(FIDS[arm], base)), 0).pvalue for arm in ("dropout", "ttur")]
    assert row.comparison.p_adjusted == pytest.approx(min(1, 2 * min(p) / share))  # the smaller of two; `both` has none
    assert row.comparison.contrast.p_sign_flip == pytest.approx(2 / 2**3)  # all differences have one sign
    assert (row.fid_best_single, row.metrics["is"].over_seeds.mean) == (20.0, 3.0)
    assert (row.fid_best_mean, row.fid_last_mean) == (30.0, 31.0)
    assert (row.kimg_at_best, row.seconds_at_best) == (0.9, 9.0)


def test_verdicts(board: Leaderboard, tmp_path: Path) -> None:
    """Of three seeds: half the FID, the same to half a percent, and what is between."""
    verdicts = {row.arm: row.verdict for row in board.tables[0].rows}
    assert verdicts == {"dropout": "can't tell", "baseline": "baseline", "ttur": "can't tell", "both": "can't tell"}
    clear = {"baseline": (30.0, 40.0, 50.0), "dropout": (15.0, 20.4, 24.7), "ttur": (30.1, 39.9, 50.2)}
    trials = [
        write_trial(tmp_path / "clear", ARMS[arm], seed, fid)
        for arm, fids in clear.items()
        for seed, fid in enumerate(fids)
    ]
    rows = leaderboard_of(read_results([trial.directory for trial in trials])).tables[0].rows
    assert {row.arm: row.verdict for row in rows} == {
        "dropout": "helps",
        "baseline": "baseline",
        "ttur": "no difference",
    }


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
    assert row.comparison is not None
    assert (row.arm, row.comparison.difference.mean, row.verdict) == ("dropout", -99.0, "can't tell")
    assert math.isnan(row.fid.low)


def test_an_arm_whose_trick_never_acted_in_some_seed_says_so(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS["baseline"], 0, 30.0)
    for seed, inert in enumerate([(), ("dropout",), ("dropout",), None]):
        write_trial(tmp_path, ARMS["dropout"], seed, 20.0, inert=inert)
    board = leaderboard_of(read_results(tmp_path))
    assert {row.arm: row.inert for row in board.tables[0].rows} == {"dropout": ("dropout",), "baseline": ()}
    assert frame_of(board).set_index("arm")["inert"].to_dict() == {"dropout": "dropout", "baseline": ""}
    assert [column.header for column in leaderboard_table(board.tables[0]).columns][-1] == "inert: never acted"


def test_where_every_trick_acted_there_is_no_column_for_it(board: Leaderboard) -> None:
    assert not any("inert" in str(column.header) for column in leaderboard_table(board.tables[0]).columns)


def test_csv_needs_no_cleaning(board: Leaderboard, tmp_path: Path) -> None:
    path = tmp_path / "leaderboard.csv"
    write_csv(board, path)
    read = pd.read_csv(path)
    factors = ["factor_dropout", "factor_ttur"]
    assert list(read) == table_columns(board)
    assert {c for c in read if not c.startswith("factor_")} == {
        c.replace("METRIC", "is")
        for c in documented()
        if c not in ("factor_NAME", "METRIC_error") and not c.startswith("guard_")
    }
    for column in set(read) - TEXT:
        assert is_numeric_dtype(read[column]), column
    for column in ("arm", "verdict", "run_verdicts", "score", "protocol", "study", *factors):
        assert read[column].map(type).eq(str).all(), column
    assert read.set_index("arm")["factor_dropout"].to_dict() == {
        "dropout": "0.3",
        "baseline": "off",
        "ttur": "off",
        "both": "0.3",
    }
    written = frame_of(board)
    for column in set(read) - TEXT:
        pd.testing.assert_series_equal(read[column].astype(float), written[column].astype(float))
    assert [p.name for p in tmp_path.glob("leaderboard*")] == ["leaderboard.csv"]


def test_stable_whatever_the_order(board: Leaderboard, tmp_path: Path) -> None:
    write_trial(tmp_path, make_arm("aaa", ("ttur",)), 0, 40.0)  # the same mean as the baseline's
    directories = [path.parent for path in tmp_path.glob("trials/*/trial.json")]
    expected = frame_of(leaderboard_of(read_results(directories)))
    assert expected["arm"].tolist()[2:4] == ["ttur", "aaa"]  # aaa is 10 worse on the one seed that it has
    results = read_results(tmp_path)
    for seed in range(3):
        random.Random(seed).shuffle(directories)
        pd.testing.assert_frame_equal(frame_of(leaderboard_of(read_results(directories))), expected)
        shuffled = random.Random(seed).sample(results, len(results))
        assert json_of(leaderboard_of(shuffled)) == json_of(leaderboard_of(results))


def test_the_same_arm_and_seed_twice_is_refused(tmp_path: Path) -> None:
    one = write_trial(tmp_path / "one", ARMS["dropout"], 0, 1.0)
    two = write_trial(tmp_path / "two", ARMS["dropout"], 0, 2.0)
    with pytest.raises(UserError, match=r"'dropout', seed 0"):
        leaderboard_of(read_results([one.directory, two.directory]))


def test_nothing_yet_is_an_empty_leaderboard(tmp_path: Path) -> None:
    board = leaderboard_of(read_results([]))
    assert board.tables == ()
    assert list(frame_of(board)) == [c for c in documented() if "METRIC" not in c and "NAME" not in c]
    assert json.loads(json_of(board))["content"]["tables"] == []


def test_json_holds_what_the_csv_holds_and_every_seed(board: Leaderboard) -> None:
    read = json.loads(json_of(board))["content"]
    assert read["columns"] == documented()
    (table,) = read["tables"]
    assert table["protocol"] == {"fid": "12345678", "is": "i12345678"}
    frame = pd.DataFrame(table["lines"], columns=table_columns(board))
    written = frame_of(board)
    for column in written:
        if column in TEXT:
            assert frame[column].fillna("").tolist() == written[column].fillna("").tolist(), column
        else:
            finite = written[column].astype(float).replace(np.inf, np.nan)  # JSON has no infinity
            np.testing.assert_array_equal(frame[column].astype(float), finite)
    seeds = {line["arm"]: line["fid_by_seed"] for line in table["lines"]}
    assert seeds["dropout"] == {"0": 20.0, "1": 29.0, "2": 41.0}
    assert seeds["both"] == {}
