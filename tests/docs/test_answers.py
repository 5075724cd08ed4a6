"""The answers: what each page states is what its table of runs says, by the study's rule and by simple arithmetic.

`docs/make_answers.py` makes tables and figures of the pages; here they are made again, from the runs that lie beside.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablations.leaderboard import Leaderboard
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.study.claims.records import OfArms
from ablations.study.study import load_study
from gan_core.plugins.loaded import entries, unload
from tests.docs.scripts import script

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "answers"

SCRIPT = script("make_answers")


def _boards() -> dict[str, Leaderboard]:
    """Of each study; a study's own code, which its file names, is gone afterwards."""
    before = entries()
    boards = {source.study: source.leaderboard() for source in SCRIPT.SOURCES}
    for entry in entries():
        if entry not in before:
            unload(entry)
    return boards


BOARDS = _boards()


@pytest.mark.parametrize("name", SCRIPT.PAGES)
def test_a_page_states_what_its_runs_say(name: str) -> None:
    """Every verdict, effect, interval and count between the marks is computed anew from the table of runs."""
    assert (FOLDER / f"{name}.md").read_text() == SCRIPT.page_of(name)


def test_each_number_has_its_place_and_its_figure() -> None:
    page = (FOLDER / "ganhacks2.md").read_text()
    answers = SCRIPT.by_number(BOARDS["ganhacks2_small"].answers)
    assert len(answers) == 19
    for number, parts in answers.items():
        assert f"<!-- answers: {number} -->" in page
        is_drawn = any(part.seen is not None and part.rule.scale == "log" for part in parts)
        assert (f"](ganhacks2-{number}.png)" in page) == is_drawn == (FOLDER / f"ganhacks2-{number}.png").exists()
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", page)
    assert all((FOLDER / target).exists() for target in linked)


@pytest.mark.parametrize("source", SCRIPT.SOURCES, ids=lambda source: source.study)
def test_the_runs_are_those_that_the_study_asks_for(source: object) -> None:
    assert isinstance(source, SCRIPT.Source)
    study, runs = load_study(ROOT / source.file), pd.read_csv(source.runs)
    assert set(runs["arm"]) == {arm.name for arm in study.arms}
    assert set(runs["status"]) <= {"finished", "diverged"}
    assert not runs.duplicated(["arm", "seed"]).any()
    first = study.looks.counts[0]
    assert (runs.groupby("arm")["seed"].apply(set).apply(set(range(first)).issubset)).all()
    assert not [name for name in runs if runs[name].astype(str).str.contains(str(Path.home())).any()]


def _of_two_arms(study: str) -> list[tuple[str, AnsweredClaim]]:
    """The claims about two arms' FID that have an effect."""
    table = BOARDS[study].main_table
    return [(study, a) for a in table.claims if isinstance(a.claim.test, OfArms) and a.claim.metric == "fid" and a.seen]


CLAIMS = [*_of_two_arms("ganhacks2_small"), *_of_two_arms("ganhacks2_full")]


@pytest.mark.parametrize(("study", "answered"), CLAIMS, ids=lambda one: getattr(getattr(one, "claim", ""), "name", one))
def test_a_claim_by_simple_arithmetic(study: str, answered: AnsweredClaim) -> None:
    """By scipy's paired t test of log FID, on the seeds that the answer is from: same effect; no bolder than it."""
    runs = pd.read_csv(FOLDER / f"{study}-runs.csv")
    assert isinstance(answered.claim.test, OfArms)
    assert answered.seen is not None
    finished = runs[runs["status"] == "finished"].set_index(["arm", "seed"])["fid_best"]
    left, right = finished[answered.claim.test.left], finished[answered.claim.test.right]
    both = left.index.intersection(right.index).intersection(list(answered.seen.by_seed))
    ratios = np.log(left[both]) - np.log(right[both])
    assert answered.seen.shown.mean == pytest.approx(np.exp(ratios.mean()))
    low, high, margin = (
        float(np.log(x)) for x in (answered.seen.shown.low, answered.seen.shown.high, 1 + answered.rule.margin)
    )
    supported, refuted = {
        "<": (high < 0, low > 0),
        ">": (low > 0, high < 0),
        "=": (-margin <= low and high <= margin, low >= margin or high <= -margin),
    }[str(answered.claim.relation)]
    if answered.outcome in SCRIPT.ANSWERED and answered.counts is None:
        assert (answered.outcome == "supported", answered.outcome == "refuted") == (supported, refuted)
        if answered.claim.relation != "=":
            assert stats.ttest_1samp(ratios, 0).pvalue < 0.05
