"""Each section's numbers, against what the hand-made journals say."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from ablations.leaderboard.board import leaderboard_of
from ablations.report.figures.ticks import log_ticks, ratio_ticks
from ablations.report.sections.configuration import configuration_of
from ablations.report.sections.curves import MOST_POINTS, curve_of
from ablations.report.sections.run_facts import ProgressScore, RunFacts, facts_of
from ablations.report.sections.run_outcomes import MOST_RUNS, ends_of
from ablations.report.sections.seeds import shown_arms
from ablations.report.study_report import StudyReport, study_reports
from ablations.report.words import listed, number, percent_of, score, signed_percent
from ablations.results.results import read_results
from tests.ablations.report.studies import arm_of, one_in, write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyReport:
    (report,) = study_reports([one_in(tmp_path_factory.mktemp("runs") / "s")])
    return report


def run(seed: int, *moments: tuple[int, float, float]) -> RunFacts:
    """A run of which only its scores on the way matter."""
    progress = tuple(ProgressScore(*moment) for moment in moments)
    return RunFacts("a", seed, "finished", "", None, (), 1.0, progress, "fid1k", {}, {}, None, None, {}, {}, {})


def test_a_curve_is_the_geometric_mean_and_the_range_of_those_that_came_so_far() -> None:
    runs = [run(0, (1000, 10.0, 8.0), (2000, 20.0, 4.0)), run(1, (1000, 14.0, 2.0)), run(2, (1000, 12.0, math.nan))]
    curve = curve_of("a", runs)
    assert curve is not None
    first, last = curve.points
    assert (first.kimg, first.seconds, first.low, first.high, first.seeds) == (1.0, 12.0, 2.0, 8.0, 2)
    assert first.fid == pytest.approx(4.0)
    assert (last.fid, last.seeds, curve.seeds) == (4.0, 1, 3)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    curve = curve_of("a", [run(0, *((1000 * i, float(i), 1.0 + i) for i in range(1, 501)))])
    assert curve is not None
    assert len(curve.points) == MOST_POINTS
    assert (curve.points[0].kimg, curve.points[-1].kimg) == (1.0, 500.0)


def test_no_scores_on_the_way_no_curve() -> None:
    assert curve_of("a", [run(0)]) is None


def test_seeds_grids_doses_and_protocols_are_the_journals(study: StudyReport) -> None:
    (table,) = study.tables
    dots = {arm.arm: (dict(arm.fids), arm.lost) for arm in table.seeds}
    assert dots["ttur"] == ({0: 11.0, 2: 10.5, 3: 14.0}, "1 diverged")
    assert [arm.arm for arm in table.seeds] == ["dropout", "baseline", "ttur"]  # best first
    assert table.grids is not None
    assert [(grid.arm, grid.seed, grid.kimg, grid.fid) for grid in table.grids.grids] == [
        ("baseline", 0, 1.2, 11.0),
        ("dropout", 0, 1.2, 6.0),
        ("ttur", 0, 1.2, 12.0),
    ]
    dose = next(dose for dose in table.doses if dose.arm == "dropout")
    assert (dose.trick, dose.quantity, dose.dose.mean, dose.runs) == ("dropout", "dropped", pytest.approx(0.3), 4)
    assert [(p.metric, p.stamp, p.fields["n_fake"]) for p in table.protocols] == [
        ("fid", "12345678", "10000"),
        ("is", "i12345678", "10000"),
    ]
    assert table.curves[0].arm == "baseline"
    assert table.curves[0].points[-1].fid == pytest.approx((10 * 12 * 11 * 13) ** 0.25)


def test_lost_runs_are_counted_and_told(study: StudyReport) -> None:
    assert study.ends.statuses == {"finished": 11, "diverged": 1}
    assert [(run.arm, run.seed, run.what, run.why) for run in study.ends.amiss] == [("ttur", 1, "diverged", "because")]


def test_of_many_lost_runs_some_are_listed(tmp_path: Path) -> None:
    arms = [arm_of("baseline"), arm_of("ttur", ["ttur"])]
    root = write_study(tmp_path / "s", arms, {"baseline": (1.0,), "ttur": (None,) * (MOST_RUNS + 2)})
    ends = ends_of(read_results(root), facts_of)
    assert (len(ends.amiss), ends.more, ends.runs) == (MOST_RUNS, 2, MOST_RUNS + 3)


def test_only_settings_that_differ_are_compared(study: StudyReport) -> None:
    assert study.configuration.settings == ("lr_g", "lr_d", "dropout")
    dropout = study.configuration.arms[1]
    assert (dropout.arm, dropout.texts[-1], dropout.changed) == ("dropout", "0.3", (False, False, True))
    assert study.configuration.common["width"] == "8"


def test_seeds_are_no_difference() -> None:
    shown = configuration_of({"a": {"seed": 0, "width": 8}, "b": {"seed": 1, "width": 8}})
    assert (shown.settings, dict(shown.common)) == ((), {"width": "8"})


def test_a_figure_shows_the_reference_and_the_best(tmp_path: Path) -> None:
    (table,) = leaderboard_of(read_results(one_in(tmp_path / "s"))).tables
    shown = shown_arms(table, most=2)
    assert (shown.arms, shown.of) == (("baseline", "dropout"), 3)
    assert "1 best of 3" in shown.note


def test_where_the_numbers_come_from(study: StudyReport) -> None:
    facts = dict(study.origin.facts)
    assert facts["trained on"] == "cpu, 1 thread a run"
    assert facts["commit"] == "not recorded"
    assert study.origin.commands[0] == "python -m ablations run s.yaml"


@pytest.mark.parametrize(("low", "high"), [(3.7, 23.0), (9.0, 11.0), (0.01, 500.0), (100.0, 100.9)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert 2 <= len(ticks) <= 12
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_ratio_ticks_have_no_difference_among_them_and_keep_apart() -> None:
    ticks = ratio_ticks(0.3, 6.0, 6)
    assert 1 in ticks
    assert min(b / a for a, b in pairwise(ticks)) >= 20 ** (1 / 6) - 1e-9


def test_scores_have_the_digits_of_the_leaderboard() -> None:
    assert [score(value) for value in (2.1, 21.94, 135.0, 0.5)] == ["2.10", "21.9", "135.0", "0.50"]
    assert [score(value) for value in (0.004, math.nan, None, math.inf)] == ["0.004", "", "", "∞"]


def test_words() -> None:
    assert (signed_percent(0.8), signed_percent(1.042), signed_percent(7.13), signed_percent(math.nan)) == (
        "−20 %",
        "+4.2 %",
        "×7.1",
        "",
    )
    assert (percent_of(0.1), percent_of(0.034)) == ("10 %", "3.4 %")
    assert (number(12.345), number(1234.5), number(0.0), number(-0.5), number(None)) == (
        "12.3",
        "1234",
        "0",
        "−0.5",
        "",
    )
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefgh"), most=3) == "a, b and 6 more"
