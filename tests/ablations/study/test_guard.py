"""`guard:` in a study file."""

import re
from pathlib import Path

import pytest

from ablations.study.questions import question_count
from ablations.workspace.study_changes import forbidden_changes
from tests.ablations.study_texts import GOOD, load_text, problems_of

MEASURED = GOOD.replace("  width: 8\n", "  width: 8\n  metrics: [fid, recall, kid]\n")


def test_margins_are_kept_with_the_study(tmp_path: Path) -> None:
    study = load_text(tmp_path, MEASURED + "guard: {recall: 0.05, kid: 0.001}\n")
    assert study.guard == study.record().guard == {"recall": 0.05, "kid": 0.001}
    without = load_text(tmp_path, MEASURED, "other")
    assert without.guard == {}
    count = question_count(study)
    assert (count.guards, count.tested) == (2 * 4, 4 + 2 * 4)  # half, selu, ttur, and all together
    assert question_count(without).tested == 4


@pytest.mark.parametrize(
    ("guard", "message"),
    [
        ("{recal: 0.05}", "no metric is called 'recal'; allowed: is, kid, .*did you mean 'recall'"),
        ("{recall: -1}", "guard.recall: -1 is no margin; allowed: a number above 0"),
        ("{recall: 5 %}", "guard.recall: '5 %' is no margin"),
        ("{recall: .nan}", "guard.recall: nan is no margin"),
        ("{recall: true}", "guard.recall: True is no margin"),
        ("{recall: 1}", "guard.recall: 1 is more than recall can lose, .*between 0 and 1; allowed: .* below 1"),
        ("{fid: 1}", "guard.fid: the FID is what arms are ranked by.*; allowed: is, kid, "),
        ("{coverage: 0.1}", r"'coverage' is not measured in baseline, half, selu .*\[fid, recall, kid, coverage\]"),
        ("{class_fid: 1}", "'class_fid' is not measured in .*a score that needs no labels"),
        ("recall", "guard: .*such as {recall: 0.05}"),
    ],
)
def test_mistakes_are_one_message(guard: str, message: str, tmp_path: Path) -> None:
    (found,) = problems_of(tmp_path, MEASURED + f"guard: {guard}\n")
    assert found.startswith("mine.yaml:")
    assert re.search(message, found), found


def test_runs_without_scores_have_nothing_to_guard(tmp_path: Path) -> None:
    text = MEASURED.replace("  width: 8\n", "  width: 8\n  extractor: none\n")
    (found,) = problems_of(tmp_path, text + "guard: {recall: 0.05}\n")
    assert "no scores at all" in found


def test_guards_are_fixed_once_there_are_results(tmp_path: Path) -> None:
    texts = ("guard: {recall: 0.05}\n", "guard: {recall: 0.1}\n", "", "guard: {recall: 0.05, kid: 0.1}\n")
    records = [load_text(tmp_path, MEASURED + text).record() for text in texts]
    changes = [[str(problem) for problem in forbidden_changes(records[0], other)] for other in records]
    assert changes == [
        [],
        ["guard.recall: 0.05 before, 0.1 now"],
        ["guard.recall: 0.05 before, not set now"],
        ["guard.kid: not set before, 0.1 now"],
    ]
