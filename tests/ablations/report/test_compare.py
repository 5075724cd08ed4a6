"""Two arms, or two runs, side by side."""

from pathlib import Path

import pytest

from ablations.leaderboard.source import from_folders
from ablations.report.compare import side_by_side
from ablations.report.compare_sides import sides_of
from ablations.report.page.page import comparison_page
from ablations.statistics import Rule
from gan_core.problems import UserError
from tests.ablations.command import ablations
from tests.ablations.journals import write_trial
from tests.ablations.report.page.test_page import read
from tests.ablations.report.studies import FIDS, ONE_IN, one_in, write_study


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    one_in(runs / "s")
    return runs


def test_two_arms_are_paired_by_seed(runs: Path) -> None:
    sides = side_by_side(*sides_of("ttur", "dropout", "s", runs))
    assert [(pair.seed, pair.a, pair.b, pair.a_status) for pair in sides.pairs] == [
        (0, 11.0, 5.0, "finished"),
        (1, None, 6.1, "diverged"),
        (2, 10.5, 5.4, "finished"),
        (3, 14.0, 6.6, "finished"),
    ]
    assert sides.pairs[1].change is None
    assert [pair.change for pair in sides.pairs if pair.seed != 1] == pytest.approx([2.2, 10.5 / 5.4, 14 / 6.6])
    (effect,) = sides.effects.effects
    assert (effect.name, effect.finding, effect.shown.n) == ("ttur against dropout", "hurts", 3)
    assert set(sides.configuration.settings) == {"lr_g", "lr_d", "dropout"}
    assert [arm.arm for arm in sides.configuration.arms] == ["ttur", "dropout"]  # as they were named
    assert [(grid.arm, grid.seed) for grid in sides.grids] == [("ttur", 0), ("dropout", 0)]
    assert [curve.arm for curve in sides.curves] == ["dropout", "ttur"]  # the first is the line to compare with
    reader = read(comparison_page(sides))
    assert (reader.open, reader.mistakes) == ([], [])


@pytest.mark.parametrize(("a", "b"), [("dropout", "baseline"), ("baseline", "dropout")])
def test_the_leaderboards_verdict_is_the_verdict(a: str, b: str, runs: Path) -> None:
    """Of two comparisons adjusted together, whichever side was named first; the sides stay as they were named."""
    (table,) = from_folders([runs / "s"]).leaderboard().tables
    row = next(row for row in table.rows if row.arm == "dropout")
    assert row.comparison is not None
    sides = side_by_side(*sides_of(a, b, "s", runs))
    (effect,) = sides.effects.effects
    assert (effect.name, effect.finding, effect.reason) == ("dropout against baseline", row.verdict, row.reason)
    assert (effect.p, effect.shown) == (row.comparison.p_adjusted, row.comparison.shown)
    assert sides.stands == "this is the verdict of study s's leaderboard: one of 2 questions, adjusted together"
    assert (sides.a, sides.b, sides.configuration.arms[0].arm) == (a, b, a)
    first = sides.pairs[0]
    assert first.change == pytest.approx({"dropout": 0.5, "baseline": 2.0}[a])
    page = comparison_page(sides)
    assert f"{a} against {b}</th>" in page
    assert "This is the verdict of study s&#39;s leaderboard" in page
    told = " ".join(ablations("compare", a, b, "--study", "s", "--runs", runs).out.split())
    assert f"dropout against baseline: {row.verdict}; FID 50 % lower" in told
    assert sides.stands in told


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("ttur", "dropout"),  # the leaderboard compares neither with the other
        ("dropout-seed0", "baseline"),  # a part of an arm
    ],
)
def test_other_pairs_stand_by_themselves_and_say_so(a: str, b: str, runs: Path) -> None:
    sides = side_by_side(*sides_of(a, b, "s", runs))
    assert sides.effects.effects[0].name == f"{a} against {b}"
    assert "adjusted" not in sides.effects.effects[0].reason
    assert "by itself, outside the family of tests of study s: its p is not adjusted" in sides.stands
    told = ablations("compare", a, b, "--study", "s", "--runs", runs).out
    assert sides.stands in " ".join(told.split())


def test_arms_of_two_studies_stand_by_themselves(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_study(tmp_path / name, ONE_IN, FIDS)
    sides = side_by_side(*sides_of("one/dropout", "two/baseline", None, tmp_path))
    assert sides.effects.effects[0].finding == "helps"
    assert "outside any study's family of tests" in sides.stands


def test_two_runs_of_other_seeds_are_not_compared(runs: Path) -> None:
    sides = side_by_side(*sides_of("ttur-seed0", "s/baseline-seed2", None, runs))
    assert not sides.effects.effects
    assert "no seed in common" in sides.why_not
    assert [(pair.a, pair.b) for pair in sides.pairs] == [(11.0, None), (None, 11.0)]


def test_scores_of_two_protocols_are_shown_and_not_compared(tmp_path: Path) -> None:
    write_study(tmp_path / "one", ONE_IN[:1], {"baseline": (10.0,)})
    write_study(tmp_path / "two", ONE_IN[1:2], {"dropout": (None,)})
    write_trial(tmp_path / "two", ONE_IN[1], 5, 3.0, stamp="other", study="two")
    write_trial(tmp_path / "one", ONE_IN[0], 5, 4.0, study="one")
    sides = side_by_side(*sides_of("one/baseline", "dropout", None, tmp_path))
    assert "different protocols" in sides.why_not
    assert all(pair.change is None for pair in sides.pairs)
    assert not sides.effects.effects


def test_the_rule_is_the_studys(tmp_path: Path) -> None:
    """A margin of 60 % makes a difference of a half one that does not matter; differences are told in FIDs."""
    rule = Rule(scale="plain", margin=0.6)
    write_study(tmp_path / "s", ONE_IN, FIDS, rule=rule)
    sides = side_by_side(*sides_of("dropout", "baseline", "s", tmp_path))
    (effect,) = sides.effects.effects
    assert sides.effects.rule == rule
    assert [pair.change for pair in sides.pairs] == pytest.approx([-5.0, -5.9, -5.6, -6.4])
    assert effect.shown.mean == pytest.approx(-5.725)
    (alone,) = side_by_side(*sides_of("dropout", "ttur", "s", tmp_path)).effects.effects
    assert "adjusted" not in alone.reason


def test_a_name_in_two_studies_asks_which(runs: Path, tmp_path: Path) -> None:
    write_study(tmp_path / "one", ONE_IN[:2], {"baseline": (10.0,), "dropout": (9.0,)})
    write_study(tmp_path / "two", ONE_IN[:1], {"baseline": (10.0,)})
    with pytest.raises(UserError, match="more than one study"):
        sides_of("baseline", "dropout", None, tmp_path)
    first, second = sides_of("one/baseline", "two/baseline", None, tmp_path)
    assert (first.label, second.label) == ("one/baseline-seed0", "two/baseline-seed0")


def test_the_command_prints_and_writes(runs: Path, tmp_path: Path) -> None:
    outcome = ablations("compare", "dropout", "baseline", "--runs", runs, "--out", tmp_path / "page.html")
    assert outcome.code == 0, outcome.err
    assert "dropout against baseline: helps; FID 50 % lower" in outcome.out
    assert "adjusted together" in outcome.out
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
