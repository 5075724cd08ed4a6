"""What the page says of a search: its suggestions, its explored arms, Optuna's importances, what is confirmed."""

from pathlib import Path

import optuna
import pytest

from ablations.report.page.page import contents_of, page_of
from ablations.report.sections.search import Refused
from ablations.report.study_report import StudyReport, study_reports
from ablations.workspace.workspace import Workspace
from tests.ablations.report.page.test_page import read
from tests.ablations.report.studies import one_in, search


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return search(tmp_path_factory.mktemp("runs") / "s")


@pytest.fixture(scope="module")
def study(root: Path) -> StudyReport:
    (report,) = study_reports([root])
    return report


def test_suggestions_are_counted_by_what_became_of_them(study: StudyReport) -> None:
    searched = study.search
    assert searched is not None
    assert (searched.suggested, searched.trials, searched.repeated, searched.forbidden) == (6, 3, 1, 2)
    assert (searched.refused, searched.arms, searched.chosen) == ((Refused("a rule", 2),), 3, ("dropout-1",))
    assert searched.statuses == {"finished": 3}
    assert searched.told == (
        "The sampler tpe made 6 suggestions: 3 became trials of 3 different arms, 1 was of an arm that had all its 2 "
        "seeds already, and 2 are forbidden by a rule.",
        "Of the explored trials: 3 finished.",
        "Confirmed on seeds that nothing was chosen by: dropout-1.",
    )


def test_explored_arms_are_apart_from_those_that_are_judged(study: StudyReport) -> None:
    (table,) = study.tables
    assert [row.arm for row in table.table.explored] == ["dropout-1", "ttur-2", "both-3"]
    assert [arm.arm for arm in table.seeds] == ["dropout-1", "baseline"]
    assert dict(table.seeds[0].fids) == {0: 5.0, 1: 6.0}  # without the explored run's
    dropout = next(curve for curve in table.curves if curve.arm == "dropout-1")
    assert dropout.seeds == 2
    assert table.grids is not None
    assert {(grid.arm, grid.seed) for grid in table.grids.grids} == {("baseline", 0), ("dropout-1", 0)}


def test_settings_of_found_arms_come_from_their_runs(study: StudyReport) -> None:
    """The study's record knows the baseline alone."""
    assert [arm.arm for arm in study.configuration.arms] == ["baseline", "dropout-1"]
    assert study.configuration.settings == ("dropout",)
    assert study.explored is not None
    assert [arm.arm for arm in study.explored.arms] == ["baseline", "dropout-1", "ttur-2", "both-3"]
    assert study.explored.settings == ("lr_g", "lr_d", "dropout")


def test_without_optunas_storage_the_page_says_so(study: StudyReport) -> None:
    text = " ".join(read(page_of([study])).text.split())
    for expected in (
        "The search",
        "forbidden 2 times: a rule",
        "The best FID to expect of a number of trials",
        "Explored arms",
        "Optuna's importances (not effects)",
        "None: Optuna's storage does not lie in the study's folder.",
    ):
        assert expected in text


def test_importances_are_read_and_labelled(root: Path) -> None:
    """All of the variance is dropout's; the storage is left as it was, and no study is made in it."""
    ledger = Workspace(root).optuna_db
    stored = optuna.create_study(storage=f"sqlite:///{ledger}", study_name="s")
    space = {name: optuna.distributions.CategoricalDistribution((False, True)) for name in ("dropout", "ttur")}
    for i in range(8):
        params = {"dropout": i % 2 == 0, "ttur": i % 4 < 2}
        stored.add_trial(optuna.create_trial(params=params, distributions=space, value=5.0 if i % 2 else 9.0))
    before = ledger.read_bytes()
    (report,) = study_reports([root])
    assert report.search is not None
    assert dict(report.search.importances) == pytest.approx({"dropout": 1.0, "ttur": 0.0})
    text = " ".join(read(page_of([report])).text.split())
    assert "Optuna's importances (not effects)" in text
    assert "they have no direction and are no test" in text
    assert ledger.read_bytes() == before
    ledger.write_bytes(b"torn")
    (report,) = study_reports([root])
    assert report.search is not None
    assert "can't be read" in report.search.no_importances
    ledger.unlink()


def test_other_designs_have_no_search(tmp_path: Path) -> None:
    (report,) = study_reports([one_in(tmp_path / "s")])
    assert (report.search, report.explored, report.tables[0].expected) == (None, None, None)
    assert "search" not in dict(contents_of(report)).values()
