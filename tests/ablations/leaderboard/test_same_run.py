"""One run under two names is said to be so, everywhere, and is no test of anything."""

import json
import math
from pathlib import Path

import pytest

from ablations.leaderboard import Leaderboard, frame_of, json_of, leaderboard_of
from ablations.leaderboard.text.cells import drawn
from ablations.leaderboard.text.markdown import markdown_of
from ablations.results.results import read_results
from ablations.statistics import Looks
from ablations.statistics.significance import two_sided_p
from gan_core.events import Ticked
from tests.ablations.journals import ARMS, make_arm, make_trial, story, write, write_trial

BASE = (30.0, 40.0, 50.0)
OTHER = (15.0, 20.4, 24.7)
REASON = "bit-identical in every seed: the setting had no effect"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`ttur` is the baseline under another name; `dropout` and `both` are one run, and another than the baseline."""
    both = make_arm("both", ("dropout", "ttur"))
    for arm, fids in ((ARMS["baseline"], BASE), (ARMS["ttur"], BASE), (ARMS["dropout"], OTHER), (both, OTHER)):
        for seed, fid in enumerate(fids):
            write_trial(tmp_path, arm, seed, fid, inert=("dropout",) if arm.name == "ttur" else ())
    return tmp_path


@pytest.fixture
def board(root: Path) -> Leaderboard:
    return leaderboard_of(read_results(root))


def test_the_verdict_is_same_run_and_never_no_difference(board: Leaderboard) -> None:
    rows = {row.arm: row for row in board.tables[0].rows}
    assert rows["ttur"].verdict == "same run"
    assert rows["ttur"].reason == f"{REASON}; never acted: dropout"
    assert {name: row.same_as for name, row in rows.items()} == {
        "baseline": ("ttur",),
        "ttur": ("baseline",),
        "dropout": ("both",),
        "both": ("dropout",),
    }
    comparison = rows["ttur"].comparison
    assert comparison is not None
    assert comparison.difference.mean == 0
    numbers = (
        comparison.shown.low,
        comparison.difference.high,
        comparison.p_adjusted,
        comparison.p_equivalence_adjusted,
    )
    assert all(math.isnan(number) for number in (*numbers, comparison.detectable, comparison.contrast.p_sign_flip))


def test_it_has_no_share_in_holm_s_adjustment(board: Leaderboard) -> None:
    rows = {row.arm: row for row in board.tables[0].rows}
    compared = rows["dropout"].comparison
    assert compared is not None
    effect = compared.contrast.effect
    p = two_sided_p(effect.mean, effect.sd / math.sqrt(3), 2)
    share = Looks.of_count(3).shares[0]
    parts = 2 - 1 / 2  # two tests, not three; half a part of the other one is free, since its difference is shown
    assert compared.p_adjusted == pytest.approx(parts * p / share)


def test_every_form_of_the_table_says_so(board: Leaderboard) -> None:
    words = drawn(board.tables[0])
    (row,) = (row for row in words.rows if row[1] == "ttur")
    assert row[5:7] == ("", "same run")
    told = "same run: {} are bit-identical in every seed; what they differ in had no effect"
    for arms in ("baseline, ttur", "both, dropout"):
        assert told.format(arms) in words.notes
        assert told.format(arms) in markdown_of(board)
    assert not any("+0.0" in cell or "no difference" in cell for row in words.rows for cell in row)
    assert "smallest difference" in "".join(words.notes)
    assert "+0.0 %" not in "".join(words.notes)
    frame = frame_of(board).set_index("arm")
    assert frame.loc["ttur", ["verdict", "same_as"]].tolist() == ["same run", "baseline"]
    assert frame.loc["ttur", ["p_adjusted", "p_sign_flip", "fid_ratio_ci_low", "fid_difference_ci_high"]].isna().all()
    lines = {line["arm"]: line for line in json.loads(json_of(board))["content"]["tables"][0]["lines"]}
    assert (lines["ttur"]["verdict"], lines["both"]["same_as"]) == ("same run", "dropout")


def test_equal_scores_of_two_trainings_are_two_runs(root: Path) -> None:
    """Two generators that collapsed to one image have one FID, whatever their training was."""
    trial = make_trial(root, make_arm("other"), 0)
    events = [
        e.model_copy(update={"means": {**e.means, "loss_d": 0.123}}) if isinstance(e, Ticked) else e
        for e in story(trial, BASE[0])
    ]
    write(trial, events)
    row = next(row for row in leaderboard_of(read_results(root)).tables[0].rows if row.arm == "other")
    assert row.verdict in ("can't tell", "no difference")
    assert row.same_as == ()


def test_one_seed_that_differs_is_enough(root: Path) -> None:
    write_trial(root, ARMS["baseline"], 3, 60.0)
    write_trial(root, ARMS["ttur"], 3, 60.1)
    row = next(row for row in leaderboard_of(read_results(root)).tables[0].rows if row.arm == "ttur")
    assert row.verdict in ("can't tell", "no difference")
    assert row.same_as == ()


@pytest.mark.parametrize(
    ("status", "verdict"), [(("diverged", "diverged"), "same run"), (("finished", "diverged"), "")]
)
def test_diverged_seeds(root: Path, status: tuple[str, str], verdict: str) -> None:
    for arm, one in zip(("baseline", "ttur"), status, strict=True):
        write_trial(root, ARMS[arm], 3, 60.0, one)  # type: ignore[arg-type]
    row = next(row for row in leaderboard_of(read_results(root)).tables[0].rows if row.arm == "ttur")
    assert (row.verdict == "same run") is (verdict == "same run")


def test_one_seed_is_enough_to_say_it(tmp_path: Path) -> None:
    for arm in ("baseline", "ttur"):
        write_trial(tmp_path, ARMS[arm], 0, 30.0)
    rows = leaderboard_of(read_results(tmp_path)).tables[0].rows
    assert [row.verdict for row in rows] == ["baseline", "same run"]
