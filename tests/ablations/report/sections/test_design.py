"""What the page says of the design: a ladder's rungs, a fraction's aliases, what a search may choose from."""

import math
from pathlib import Path

import pytest

from ablations.report.page.page import page_of
from ablations.report.sections.design import design_of
from ablations.report.study_report import study_reports
from ablations.study.arm import LeftOut
from ablations.study.designs import DesignOptions
from ablations.study.designs.fractional import fractional
from ablations.study.designs.search_options import DimensionWords, Explore, SearchRecord
from ablations.study.record import StudyRecord
from ablations.workspace.workspace import Workspace
from tests.ablations.report.page.test_page import read
from tests.ablations.report.studies import ladder, one_in


def record_of(root: Path, **changes: object) -> StudyRecord:
    return Workspace(one_in(root)).record().model_copy(update=changes)


def test_the_rungs_of_a_ladder_from_the_bottom_up(tmp_path: Path) -> None:
    """Each against the one below it, and against the bottom."""
    (report,) = study_reports([ladder(tmp_path / "s")])
    rungs = report.tables[0].rungs
    assert [(rung.number, rung.arm, rung.adds) for rung in rungs] == [
        (0, "baseline", ""),
        (1, "1+dropout", "dropout"),
        (2, "2+ttur", "ttur"),
    ]
    assert [rung.mean.mean for rung in rungs] == [11, 5.5, 8]
    bottom, dropout, ttur = rungs
    assert (bottom.step, bottom.against_reference) == (None, None)
    assert dropout.step is not None
    assert dropout.step.shown.mean == pytest.approx(0.5)
    assert ttur.step is not None
    assert ttur.step.shown.mean == pytest.approx(math.sqrt(7 / 5 * 9 / 6))
    assert ttur.against_reference is not None
    assert ttur.against_reference == pytest.approx(math.sqrt(7 / 10 * 9 / 12))
    text = read(page_of([report])).text
    assert "Rung by rung" in text
    assert "against the rung below" in text


def test_other_designs_have_no_rungs(tmp_path: Path) -> None:
    (report,) = study_reports([one_in(tmp_path / "s")])
    assert report.tables[0].rungs == ()


def test_a_fraction_says_what_it_mixes_up(tmp_path: Path) -> None:
    """2^(4-1), resolution 4: half of the 16, and interactions of two in three pairs (Box et al. 2005, ch. 6)."""
    factors = ("a", "b", "c", "d")
    fraction = fractional(factors, DesignOptions(resolution=4)).fraction
    record = record_of(tmp_path / "s", fraction=fraction, factors={name: {"dropout": 0.5} for name in factors})
    words = design_of(record).fraction
    assert words is not None
    assert (words.resolution, words.runs, words.of, words.effects, words.told_apart) == (4, 8, 16, 10, 7)
    assert "some of those are mixed up with each other" in words.means
    pairs = [{frozenset(part.strip("- ").split(" x ")) for part in alias.split("=")} for alias in words.aliases]
    assert sorted(map(len, pairs)) == [2, 2, 2]
    assert all(one | other == set(factors) for one, other in pairs)


def test_factors_and_what_is_left_out_are_told(tmp_path: Path) -> None:
    left = LeftOut(arm="both", on=("dropout",), reasons=("a rule",))
    words = design_of(
        record_of(tmp_path / "s", left_out=(left,), factors={"dropout": {"dropout": 0.3}, "x": {"r1": {}}})
    )
    assert [(factor.name, factor.text) for factor in words.factors] == [("dropout", "dropout = 0.3"), ("x", "r1 = on")]
    assert words.left_out == (left,)
    assert words.counted == "3 arms, 4 seeds"


def test_the_space_of_a_search_in_words(tmp_path: Path) -> None:
    space = {
        "width": DimensionWords(choices=[32, 64, 128]),
        "lr_d": DimensionWords(low=1e-4, high=1e-2, log=True),
        "momentum": DimensionWords(low=0.0, high=0.9, step=0.1, when={"optimizer_d": ["sgd", "rmsprop"], "ttur": True}),
    }
    words = design_of(record_of(tmp_path / "s", search=SearchRecord(explore=Explore(arms=6), best=2, space=space)))
    assert words.counted == "6 arms to explore; the best 2 and the baseline confirmed on 4 seeds"
    assert [(one.name, one.text, one.when) for one in words.space] == [
        ("width", "32, 64 or 128", ""),
        ("lr_d", "0.0001 to 0.01, on a logarithmic scale", ""),
        ("momentum", "0 to 0.9, in steps of 0.1", "optimizer_d: sgd or rmsprop and ttur: on"),
    ]
