"""The page's claims: their numbers by hand, their words, and what is drawn of them."""

import math
from pathlib import Path

import pytest
from scipy import stats

from ablations.report.page.page import contents_of, page_of
from ablations.report.sections.forest_lines import forest_of_claims
from ablations.report.study_report import StudyReport, study_reports
from ablations.statistics import Looks
from ablations.study.claims.records import Claim, OfArms
from tests.ablations.report.page.test_page import read
from tests.ablations.report.studies import FIDS, ONE_IN, write_study

DROPOUT, TTUR = OfArms(left="dropout", right="baseline"), OfArms(left="ttur", right="baseline")
CLAIMS = (
    Claim(
        name="good",
        statement="Dropout helps.",
        source="A <1>",
        comparison="dropout < baseline",
        relation="<",
        test=DROPOUT,
    ),
    Claim(
        name="bad",
        statement="It hurts.",
        source="B",
        comparison="dropout > baseline",
        relation=">",
        test=DROPOUT,
        late=True,
    ),
    Claim(name="open", statement="So does TTUR.", source="C", comparison="ttur > baseline", relation=">", test=TTUR),
    Claim(
        name="stable",
        statement="It is stable.",
        source="D",
        comparison="ttur < baseline",
        relation="<",
        metric="diverged",
        test=TTUR,
    ),
    Claim(name="looks", statement="It looks nice.", source="E", not_tested="it is about looks"),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyReport:
    (report,) = study_reports([write_study(tmp_path_factory.mktemp("runs") / "s", ONE_IN, FIDS, claims=CLAIMS)])
    return report


def test_each_claim_has_its_answer_and_its_numbers(study: StudyReport) -> None:
    claims = study.tables[0].claims
    assert claims is not None
    assert claims.headline == "Of 5 claims: 1 supported, 1 refuted, 1 not tested and 2 that these runs can't answer."
    assert "other questions" in claims.about
    good, bad, unknown, stable, looks = claims.lines
    logs = [math.log(a / b) for a, b in zip((5, 6.1, 5.4, 6.6), (10, 12, 11, 13), strict=True)]
    state = study.tables[0].table.looks
    results = [asked.judged.last for asked in state.asked]
    others = sum(result is not None and result.p <= 0.05 for result in results) - 1
    parts = state.tested - others / 2  # half a part for each other difference that is shown
    level = 1 - 0.05 * Looks.of_count(4).shares[0] / parts
    interval = stats.t.interval(level, 3, loc=sum(logs) / 4, scale=stats.sem(logs))
    assert good.shown is not None
    assert (good.shown.mean, good.shown.low, good.shown.high) == pytest.approx(
        (math.exp(sum(logs) / 4), math.exp(interval[0]), math.exp(interval[1]))
    )
    assert good.by_seed == pytest.approx({0: 0.5, 1: 6.1 / 12, 2: 5.4 / 11, 3: 6.6 / 13})
    assert (good.outcome, bad.outcome, unknown.outcome, stable.outcome, looks.outcome) == (
        "supported",
        "refuted",
        "can't tell",
        "can't tell",
        "not tested",
    )
    assert good.says.startswith("FID −50 % [−5")
    assert good.says.endswith("], 4 seeds")
    assert stable.says == "diverged runs: 1 against 0 of 4 seeds"
    assert looks.why == "it is about looks"
    assert "claimed when there were results already" in bad.why
    assert "3 seeds would most likely show" in unknown.why


def test_ratios_are_drawn_and_counts_are_not(study: StudyReport) -> None:
    table = study.tables[0]
    assert table.claims is not None
    forest = forest_of_claims(table.claims.lines, table.table.rule)
    assert forest is not None
    assert [(line.name, line.answer) for line in forest.lines] == [
        ("good", "supported"),
        ("bad", "refuted"),
        ("open", "can't tell"),
    ]


def test_the_page_has_statement_source_comparison_and_answer(study: StudyReport) -> None:
    text = " ".join(read(page_of([study])).text.split())
    for claim in CLAIMS:
        assert claim.statement in text
        assert f"({claim.source})" in text
        assert claim.comparison in text
    assert "Claims: left side against right side" in text


def test_a_study_without_claims_has_no_such_section(tmp_path: Path) -> None:
    (report,) = study_reports([write_study(tmp_path / "s", ONE_IN, FIDS)])
    assert report.tables[0].claims is None
    assert "claims" not in dict(contents_of(report)).values()
