"""A run that finished with a FID that is no finite number: counted, named, and as good as diverged in every verdict."""

import math
from pathlib import Path

import pytest

from ablations.leaderboard import frame_of, leaderboard_of
from ablations.leaderboard.text.cells import drawn
from ablations.report.compare import side_by_side
from ablations.report.compare_sides import sides_of
from ablations.report.sections.seeds import lost_seeds
from ablations.report.study_report import study_reports
from ablations.results.results import read_results
from tests.ablations.report.studies import ONE_IN, arm_of, write_study

SEEDS = 8
BASE = tuple(20.0 + seed for seed in range(SEEDS))


@pytest.fixture(params=[math.nan, math.inf])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """`dropout` is far better where it has a score, in two of eight seeds; `ttur` never has one."""
    fids = {
        "baseline": BASE,
        "dropout": tuple(fid / 4 if seed < 2 else request.param for seed, fid in enumerate(BASE)),
        "ttur": (request.param,) * SEEDS,
    }
    return write_study(tmp_path / "s", ONE_IN, fids)


def test_it_counts_and_is_named(root: Path) -> None:
    board = leaderboard_of(read_results(root))
    (table,) = board.tables
    rows = {row.arm: row for row in table.rows}
    assert [(row.seeds_finished, row.seeds_not_finite, row.fid.n) for row in rows.values()] == [
        (8, 6, 2),
        (8, 0, 8),
        (8, 8, 0),
    ]
    frame = frame_of(board).set_index("arm")
    assert list(frame.loc[["baseline", "dropout", "ttur"], "seeds_not_finite"]) == [0, 6, 8]
    words = drawn(table)
    assert {row[1]: row[2] for row in words.rows}["dropout"] == "8, 6/8 FID not finite"
    (note,) = (note for note in words.notes if note.startswith("FID not finite"))
    assert "dropout in 6 of 8 finished seeds, ttur in 8 of 8 finished seeds" in note
    assert lost_seeds(rows["dropout"]) == "6 with a FID that is not finite"


def test_it_counts_as_diverged_in_verdicts(root: Path, tmp_path: Path) -> None:
    """The same verdicts as of a study in which these runs diverged: on the leaderboard, the page and side by side."""
    fids = {"baseline": BASE, "dropout": (*(fid / 4 for fid in BASE[:2]), *[None] * 6), "ttur": [None] * SEEDS}
    other = write_study(tmp_path / "t", ONE_IN, fids)
    boards = [leaderboard_of(read_results(each)).tables[0].rows for each in (root, other)]
    said = [{row.arm: (row.verdict, row.reason) for row in rows} for rows in boards]
    assert said[0] == said[1]
    assert said[0]["ttur"] == ("hurts", "diverges in 8 seeds more")
    assert said[0]["dropout"][0] != "helps"
    (report,) = study_reports([root])
    effects = {effect.name: effect for effect in report.tables[0].effects.effects}
    assert effects["dropout"].diverged == "6 against 0 of 8 seeds"
    sides = side_by_side(*sides_of("dropout", "baseline", "s", tmp_path))
    (effect,) = sides.effects.effects
    assert (effect.finding, effect.diverged) == (said[0]["dropout"][0], "6 against 0 of 8 seeds")
    assert sides.pairs[7].a_status == "FID not finite"


def test_in_a_factorial_design_too(tmp_path: Path) -> None:
    """`ttur` is off in the runs that have scores alone: its effect has no number, and its divergence is said."""
    arms = [arm_of(name, on, design="factorial") for name, on in (("baseline", ()), ("ttur", ("ttur",)))]
    for name, lost in (("f", math.nan), ("g", None)):
        write_study(tmp_path / name, arms, {"baseline": BASE, "ttur": (*BASE[:2], *[lost] * 6)}, "factorial")
    effects = [
        {effect.name: effect for effect in study_reports([tmp_path / name])[0].tables[0].effects.effects}
        for name in "fg"
    ]
    assert effects[0]["ttur"].diverged == "6 with it, 0 without"
    assert effects[0]["ttur"].reason == effects[1]["ttur"].reason
    assert effects[0]["ttur"].shown.n == 10
