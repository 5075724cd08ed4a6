"""What belongs into one table: one study, one protocol, the same generators; and which metrics stand in it."""

import math
from pathlib import Path

import pytest
from scipy import stats

from ablations.leaderboard import frame_of, leaderboard_of
from ablations.results.results import read_results
from gan_core.events import Evaluated, Score
from tests.ablations.journals import ARMS, make_trial, scores, story, write, write_trial


def test_two_protocols_are_two_tables(tmp_path: Path) -> None:
    for arm, fid in (("baseline", 10.0), ("dropout", 11.0)):
        write_trial(tmp_path, ARMS[arm], 0, fid, stamp="aaaaaaaa")
    write_trial(tmp_path, ARMS["ttur"], 0, 1.0, stamp="bbbbbbbb")
    write_trial(tmp_path, ARMS["ttur"], 1, 1.0, "diverged")
    first, second = leaderboard_of(read_results(tmp_path)).tables
    assert [(r.rank, r.arm) for r in first.rows] == [(1, "baseline"), (2, "dropout"), (None, "ttur")]
    assert [(r.rank, r.arm, r.seeds_diverged) for r in second.rows] == [(1, "ttur", 1)]
    assert second.rows[0].comparison is None
    assert second.rows[0].reason == "no baseline under this protocol"
    assert first.protocol != second.protocol


def test_two_studies_have_their_own_baselines(tmp_path: Path) -> None:
    trials = [
        write_trial(tmp_path / name, arm, 0, fid, study=name)
        for name, fid in (("x", 10.0), ("y", 50.0))
        for arm in (ARMS["baseline"], ARMS["dropout"])
    ]
    tables = leaderboard_of(read_results([t.directory for t in trials])).tables
    assert [table.study for table in tables] == ["x", "y"]
    differences = [row.comparison.difference.mean for table in tables for row in table.rows if row.comparison]
    assert differences == [0, 0]


def test_missing_seeds_are_not_paired(tmp_path: Path) -> None:
    for seed, fid in {0: 10.0, 1: 20.0, 2: 40.0}.items():
        write_trial(tmp_path, ARMS["baseline"], seed, fid)
    for seed, fid in {1: 10.0, 2: 10.0, 7: 1.0}.items():
        write_trial(tmp_path, ARMS["dropout"], seed, fid)
    dropout = leaderboard_of(read_results(tmp_path)).tables[0].rows[0]
    assert (dropout.arm, dropout.fid.mean, dropout.fid.n) == ("dropout", 7.0, 3)
    assert dropout.comparison is not None
    assert dropout.comparison.contrast.seeds == (1, 2)
    assert dropout.comparison.difference.mean == (-10.0 - 30.0) / 2
    assert dropout.comparison.shown.mean == pytest.approx(math.sqrt(1 / 2 * 1 / 4))


def test_ranked_by_the_last_generators_on_request(tmp_path: Path) -> None:
    """In a made-up run the last generator's FID is 1 above the best's."""
    write_trial(tmp_path, ARMS["baseline"], 0, 10.0)
    trial = make_trial(tmp_path, ARMS["dropout"], 0)
    events = list(story(trial, 9.0))
    bad = [
        e.model_copy(update={"scores": scores(99.0, 10000, "12345678")})
        if isinstance(e, Evaluated) and e.of == "last"
        else e
        for e in events
    ]
    write(trial, bad)
    results = read_results(tmp_path)
    assert [row.arm for row in leaderboard_of(results).tables[0].rows] == ["dropout", "baseline"]
    (table,) = leaderboard_of(results, "last").tables
    assert [(row.arm, row.fid.mean, row.fid_best_mean) for row in table.rows] == [
        ("baseline", 11.0, 10.0),
        ("dropout", 99.0, 9.0),
    ]
    assert table.rows[1].comparison is not None
    assert table.rows[1].comparison.difference.mean == 88.0
    assert set(frame_of(leaderboard_of(results, "last"))["ranked_by"]) == {"last"}


def test_a_metric_under_two_protocols_is_left_out_and_named(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS["baseline"], 0, 10.0)
    trial = make_trial(tmp_path, ARMS["dropout"], 0)
    other = [
        e.model_copy(update={"scores": (e.scores[0], e.scores[1].model_copy(update={"stamp": "other"}))})
        if isinstance(e, Evaluated)
        else e
        for e in story(trial, 9.0)
    ]
    write(trial, other)
    (table,) = leaderboard_of(read_results(tmp_path)).tables
    assert (table.protocol, table.mixed, table.other_metrics) == ("fid:12345678", ("is",), ())
    assert len(table.rows) == 2


def test_other_metrics_with_their_errors(tmp_path: Path) -> None:
    for seed, (kid, error) in enumerate([(0.02, 0.001), (0.04, 0.003)]):
        trial = make_trial(tmp_path, ARMS["baseline"], seed)
        more = Score(metric="kid", name="kid10k_tiny", value=kid, error=error, stamp="k", protocol={})
        write(
            trial,
            [
                e.model_copy(update={"scores": (*e.scores, more)}) if isinstance(e, Evaluated) else e
                for e in story(trial, 9.0)
            ],
        )
    board = leaderboard_of(read_results(tmp_path))
    line = frame_of(board).iloc[0]
    assert (line["kid_mean"], line["kid_error"]) == pytest.approx((0.03, 0.002))
    assert line["kid_sd"] == pytest.approx(stats.tstd([0.02, 0.04]))
    assert "is_error" not in frame_of(board)


def test_scores_that_are_no_numbers_are_not_averaged_in(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS["baseline"], 0, 10.0)
    write_trial(tmp_path, ARMS["baseline"], 1, math.nan)
    row = leaderboard_of(read_results(tmp_path)).tables[0].rows[0]
    assert (row.fid.mean, row.fid.n, row.seeds_finished) == (10.0, 1, 2)


def test_an_arm_that_is_better_in_every_common_seed_ranks_above_the_baseline(tmp_path: Path) -> None:
    """Whatever seeds one of the two has besides: the baseline goes on to easier ones after the arm has stopped."""
    for seed, fid in enumerate((20.0, 22.0, 24.0, 5.0, 5.0, 5.0)):
        write_trial(tmp_path, ARMS["baseline"], seed, fid)
    for seed, fid in enumerate((19.0, 21.0, 22.0)):
        write_trial(tmp_path, ARMS["dropout"], seed, fid)
    (table,) = leaderboard_of(read_results(tmp_path)).tables
    first, second = table.rows
    assert (first.arm, first.fid.mean > second.fid.mean) == ("dropout", True)
    assert first.ranked_fid == pytest.approx(second.fid.mean - (1 + 1 + 2) / 3)
