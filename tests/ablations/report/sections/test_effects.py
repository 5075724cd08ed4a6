"""Which arms a design compares, and with what sign; the numbers against arithmetic done here."""

import math
from pathlib import Path

import pytest

from ablations.report.sections.answer import answer_of
from ablations.report.study_report import TableReport, study_reports
from ablations.statistics import Rule
from tests.ablations.report.studies import Fids, arm_of, factorial, ladder, one_in, write_study


def table_of(root: Path) -> TableReport:
    (report,) = study_reports([root])
    (table,) = report.tables
    return table


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Geometric mean of the seeds' ratios."""
    return math.exp(sum(math.log(a / b) for a, b in zip(ours, theirs, strict=True)) / len(ours))


def test_one_in_compares_each_arm_with_the_baseline(tmp_path: Path) -> None:
    table = table_of(one_in(tmp_path / "s"))
    dropout, ttur = table.effects.effects
    assert (dropout.name, dropout.finding) == ("dropout", "helps")
    assert dropout.shown.mean == pytest.approx(ratio([5.0, 6.1, 5.4, 6.6], [10.0, 12.0, 11.0, 13.0]))
    assert dropout.by_seed == pytest.approx({0: 0.5, 1: 6.1 / 12, 2: 5.4 / 11, 3: 6.6 / 13})
    assert ttur.by_seed.keys() == {0, 2, 3}
    assert ttur.diverged == "1 against 0 of 4 seeds"
    assert table.answer.headline == "dropout helps. For ttur these runs can't tell."
    said = {sentence.name: sentence for sentence in table.answer.sentences}
    assert list(said) == ["dropout", "ttur"]
    assert said["dropout"].says.startswith("FID 50 % lower [")
    assert "diverged: 1 against 0 of 4 seeds" in said["ttur"].why


def test_one_out_tells_the_trick_and_not_its_absence(tmp_path: Path) -> None:
    role = {"design": "one-out", "reference": "all"}
    arms = [
        arm_of("all", ["dropout", "ttur"], **role),
        arm_of("without_dropout", ["ttur"], **role),
        arm_of("without_ttur", ["dropout"], **role),
    ]
    fids: Fids = {"all": (5, 6, 5.5, 6), "without_dropout": (10, 12.1, 11, 12), "without_ttur": (5, 6, 5.4, 6.1)}
    effects = table_of(write_study(tmp_path / "s", arms, fids, "one-out")).effects.effects
    assert [effect.name for effect in effects] == ["dropout", "ttur"]
    assert effects[0].shown.mean == pytest.approx(ratio([5, 6, 5.5, 6], [10, 12.1, 11, 12]))
    assert effects[0].finding == "helps"


def test_a_ladder_compares_a_rung_with_the_one_below(tmp_path: Path) -> None:
    effects = table_of(ladder(tmp_path / "s")).effects.effects
    assert {effect.name: effect.shown.mean for effect in effects} == pytest.approx(
        {"dropout": 0.5, "ttur": ratio([7, 9], [5, 6])}
    )


def test_a_factorial_gives_main_effects_and_the_square_of_interactions(tmp_path: Path) -> None:
    table = table_of(factorial(tmp_path / "s"))
    assert [effect.name for effect in table.effects.main] == ["dropout", "ttur"]
    square = table.interactions
    assert square is not None
    assert square.factors == ("dropout", "ttur")
    assert [[cell.shown for cell in row] for row in square.cells] == [
        pytest.approx([math.sqrt(0.5)]),
        pytest.approx([2.0, math.sqrt(1.25 * 2.5)]),
    ]
    assert square.strongest == pytest.approx(math.log(2))


def test_without_scores_nothing_is_claimed(tmp_path: Path) -> None:
    arms = [arm_of("baseline"), arm_of("ttur", ["ttur"])]
    table = table_of(write_study(tmp_path / "s", arms, {"baseline": (None,), "ttur": (None,)}))
    assert answer_of(table.table).headline == "No run has a score yet."
    assert table.answer.best is None


def test_the_largest_effect_is_told_first_and_none_last(tmp_path: Path) -> None:
    """On a plain scale too, where an effect may be 0 exactly."""
    factors = {"baseline": (), "same": ("dropout", "ttur"), "ttur": ("ttur",), "dropout": ("dropout",)}
    arms = [arm_of(name, on) for name, on in factors.items()]
    fids: Fids = {"baseline": (10, 12), "same": (12, 10), "ttur": (11, 14), "dropout": (9, 8)}
    table = table_of(write_study(tmp_path / "s", arms, fids, rule=Rule(scale="plain")))
    assert [effect.shown.mean for effect in table.effects.effects] == pytest.approx([0.0, 1.5, -2.5])
    assert [sentence.name for sentence in table.answer.sentences] == ["dropout", "ttur", "same"]


def test_on_a_plain_scale_the_square_holds_differences(tmp_path: Path) -> None:
    """Means 15, 7.5, 18.75 and 18.75: dropout -3.75, ttur +7.5, and together 7.5 more than both (Box et al. 2005)."""
    root = factorial(tmp_path / "s", rule=Rule(scale="plain"))
    square = table_of(root).interactions
    assert square is not None
    assert [[cell.shown for cell in row] for row in square.cells] == [
        pytest.approx([-3.75]),
        pytest.approx([7.5, 7.5]),
    ]
    assert square.strongest == pytest.approx(7.5)


def test_one_run_under_two_names_is_no_comparison(tmp_path: Path) -> None:
    arms = [arm_of("baseline"), arm_of("dropout", ["dropout"]), arm_of("ttur", ["ttur"])]
    table = table_of(write_study(tmp_path / "s", arms, {"baseline": (10, 12), "dropout": (10, 12), "ttur": (9, 14)}))
    dropout, _ = table.effects.effects
    assert (dropout.finding, dropout.shown.mean) == ("same run", 1.0)
    assert math.isnan(dropout.p)
    assert table.answer.headline == (
        "dropout had no effect at all: bit-identical runs. For ttur these runs can't tell."
    )
    assert table.answer.sentences[0].says == "one run under two names"


def test_a_rung_that_adds_nothing_is_the_same_run(tmp_path: Path) -> None:
    role = {"design": "ladder", "reference": "baseline"}
    arms = [
        arm_of("baseline", **role),
        arm_of("+dropout", ["dropout"], previous="baseline", **role),
        arm_of("+ttur", ["dropout", "ttur"], previous="+dropout", **role),
    ]
    fids: Fids = {"baseline": (10, 12), "+dropout": (7, 8), "+ttur": (7, 8)}
    effects = table_of(write_study(tmp_path / "s", arms, fids, "ladder")).effects.effects
    assert effects[0].finding != "same run"
    assert effects[1].finding == "same run"
