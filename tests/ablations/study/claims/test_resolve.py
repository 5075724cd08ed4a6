"""Claims in study files: what they become, what is said of mistakes, and what may change once there are results."""

from pathlib import Path

import pytest

from ablations.study.claims.records import ClaimedEffect, OfArms, OfEffects, OfFactors, OfGenerators
from ablations.study.record import StudyRecord
from ablations.study.study import Study, load_study
from ablations.workspace.opening import open_workspace
from ablations.workspace.study_changes import forbidden_changes, with_late_claims
from ablations.workspace.trials import trials_of
from gan_core.problems import UserError
from tests.ablations.journals import write_trial

CLAIMS = Path(__file__).parents[4] / "studies" / "claims"
LISTED = """\
question: q
design: arms
seeds: 2
baseline: {data: shapes, norm_d: none}
arms:
  plain: []
  smooth: [label_smoothing]
  both: [label_smoothing, noise]
  noise: {instance_noise: {sigma: 0.1}}
  wide: {width: 24}
tricks:
  label_smoothing: {label_smoothing: 0.9}
claims:
  one:
    statement: it does
    source: somebody 2016
    comparison: COMPARISON
"""
CROSSED = """\
question: q
design: factorial
seeds: 2
baseline: {data: shapes, norm_d: none}
tricks:
  smooth: {label_smoothing: 0.9}
  hinge: {loss: hinge}
  ttur: {lr_d: 4e-4}
claims:
  one: {statement: s, source: t, comparison: COMPARISON}
"""


def _load(tmp_path: Path, text: str) -> Study:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return load_study(path)


def _problem(tmp_path: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        _load(tmp_path, text)
    (problem,) = caught.value.problems
    return str(problem).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("comparison", "relation", "test"),
    [
        ("smooth < plain", "<", OfArms(left="smooth", right="plain")),
        ("label_smoothing + noise > label_smoothing", ">", OfArms(left="both", right="smooth")),
        ("noise + label_smoothing = baseline", "=", OfArms(left="both", right="plain")),
        ("smooth + noise better than wide", "<", OfArms(left="both", right="wide")),
        ("noise makes little difference with label_smoothing", "=", OfArms(left="both", right="smooth")),
        (
            "effect of noise with smooth < effect of noise",
            "<",
            OfEffects(
                left=ClaimedEffect(with_it="both", without_it="smooth"),
                right=ClaimedEffect(with_it="noise", without_it="plain"),
            ),
        ),
        ("last of wide > best of wide", ">", OfGenerators(left="last", arms=("wide",))),
    ],
)
def test_arms_by_name_and_by_tricks(tmp_path: Path, comparison: str, relation: str, test: object) -> None:
    (claim,) = _load(tmp_path, LISTED.replace("COMPARISON", comparison)).claims
    assert (claim.name, claim.statement, claim.source) == ("one", "it does", "somebody 2016")
    assert (claim.comparison, claim.relation, claim.test) == (comparison, relation, test)


def test_a_higher_score_may_be_the_better_one(tmp_path: Path) -> None:
    text = LISTED.replace("COMPARISON", "smooth better than plain\n    metric: is")
    assert _load(tmp_path, text).claims[0].relation == ">"


def test_a_factorial_design_s_own(tmp_path: Path) -> None:
    (claim,) = _load(tmp_path, CROSSED.replace("COMPARISON", "interaction of ttur and hinge = 0")).claims
    assert isinstance(claim.test, OfFactors)
    assert (claim.test.factors, claim.relation) == (("ttur", "hinge"), "=")
    (claim,) = _load(tmp_path, CROSSED.replace("COMPARISON", "hinge + ttur < hinge")).claims
    assert claim.test == OfArms(left="hinge+ttur", right="hinge")


MISTAKES = [
    ("smoth < plain", ["no arm and no trick is called 'smoth'", "allowed: noise, wide, label_smoothing, plain, smooth",
                       "did you mean 'smooth'?"]),
    ("wide + noise < plain", ["the design has no arm with noise + wide and nothing else on", "plain, smooth, both"]),
    ("smooth < smooth", ["both sides are the same"]),
    ("smooth <= plain", ["'smooth <= plain': no comparison", "allowed: `A < B`"]),
    ("main effect of noise < 0", ["design arms has no main effects", "factorial, fractional"]),
    ("effect of noise with both < effect of noise", ["'noise' is on in 'both' already"]),
    ("smooth < plain\n    metric: kid", ["claims.one.metric: 'kid' is not measured in smooth, plain", "[..., kid]"]),
    ("smooth < plain\n    metric: fdi", ["no metric is called 'fdi'", "did you mean 'fid'?"]),
    ("smooth = plain\n    metric: diverged", ["'diverged' counts runs"]),
    ("last of wide > best of wide\n    metric: seconds", ["'seconds' is no score of a generator"]),
    ("smooth < plain\n    not_tested: because", ["claims.one: both of them"]),
    ("smooth < plain\n    metrik: is", ["no setting is called 'metrik'", "did you mean 'metric'?"]),
]  # fmt: skip


@pytest.mark.parametrize(("comparison", "parts"), MISTAKES)
def test_mistakes(tmp_path: Path, comparison: str, parts: list[str]) -> None:
    problem = _problem(tmp_path, LISTED.replace("COMPARISON", comparison))
    assert problem.startswith("mine.yaml:1"), problem
    assert [part for part in parts if part not in problem] == [], problem


def test_an_arm_that_a_rule_forbids_is_not_there(tmp_path: Path) -> None:
    problem = _problem(tmp_path, CROSSED.replace("COMPARISON", "smooth + hinge < hinge"))
    assert "mine.yaml:10: claims.one.comparison: the design leaves hinge+smooth out: " in problem


def test_a_name_of_two_meanings(tmp_path: Path) -> None:
    text = LISTED.replace("smooth: [label_smoothing]", "label_smoothing: [label_smoothing, wide]")
    problem = _problem(tmp_path, text.replace("COMPARISON", "label_smoothing < plain"))
    assert "'label_smoothing' means two things: the tricks label_smoothing or the tricks label_smoothing + w" in problem


def test_the_record_keeps_them(tmp_path: Path) -> None:
    record = _load(tmp_path, LISTED.replace("COMPARISON", "smooth < plain") + "rule: {margin: 0.05}\n").record()
    assert StudyRecord.model_validate_json(record.model_dump_json()) == record
    assert record.rule.margin == 0.05
    assert record.claims[0].test == OfArms(left="smooth", right="plain")


def test_the_rule_s_mistakes(tmp_path: Path) -> None:
    text = LISTED.replace("COMPARISON", "smooth < plain")
    assert "mine.yaml:18: rule.margin: 5 is out of range" in _problem(tmp_path, text + "rule: {margin: 5}\n")
    assert "a lower FID is a better one" in _problem(tmp_path, text + "rule: {lower_is_better: false}\n")


def test_what_may_change_once_there_are_results(tmp_path: Path) -> None:
    text = LISTED.replace("COMPARISON", "smooth < plain")
    more = text + "  two: {statement: s, source: t, comparison: noise < plain}\n"
    before, now = _load(tmp_path, text).record(), _load(tmp_path, more).record()
    assert forbidden_changes(before, now) == []
    marked = with_late_claims(before, now)
    assert [claim.late for claim in marked.claims] == [False, True]
    assert [claim.late for claim in with_late_claims(marked, now).claims] == [False, True]  # and so it stays
    assert [str(p) for p in forbidden_changes(now, before)] == ["claims.two: this claim is gone"]
    turned = _load(tmp_path, text.replace("smooth < plain", "smooth > plain") + "rule: {margin: 0.2}\n").record()
    assert [str(p) for p in forbidden_changes(before, turned)] == [
        "rule.margin: 0.1 before, 0.2 now",
        "claims.one: 'smooth < plain (fid)' before, 'smooth > plain (fid)' now",
    ]
    reworded = _load(tmp_path, text.replace("smooth < plain", "label_smoothing better than plain")).record()
    assert forbidden_changes(before, reworded) == []


def test_the_nineteen_of_ganhacks2() -> None:
    study = load_study(CLAIMS / "ganhacks2.yaml")
    assert {int(claim.name[:2]) for claim in study.claims} == set(range(1, 20))
    assert {claim.name for claim in study.claims if claim.test is None} == {"02_losses"}
    asked = {arm for claim in study.claims if claim.test is not None for arm in claim.test.arms}
    assert asked == {arm.name for arm in study.arms}  # no arm is trained for nothing
    for claim in study.claims:
        assert claim.source == f"GANHacks2, {int(claim.name[:2])}"
    page = (CLAIMS.parents[1] / "docs" / "claims.md").read_text()
    told = [claim.statement for claim in study.claims] + [
        claim.comparison or claim.not_tested for claim in study.claims
    ]
    assert [text for text in told if text not in page] == []
    header = (CLAIMS / "ganhacks2.yaml").read_text().splitlines()
    words = {line.removeprefix("# ").split(" ")[0] for line in header if line.startswith("# ")}
    assert {"question", "papers", "hardware", "expected", "try"} <= words


def test_a_study_s_folder_marks_what_was_claimed_late(tmp_path: Path) -> None:
    text = LISTED.replace("COMPARISON", "smooth < plain")
    first = _load(tmp_path, text)
    with open_workspace(first, tmp_path / "runs") as workspace:
        trial = trials_of(first, workspace.root)[0]
        write_trial(workspace.root, trial.arm, 0, 1.0, study=first.name)
    more = _load(tmp_path, text + "  two: {statement: s, source: t, comparison: noise < plain}\n")
    for _ in range(2):
        with open_workspace(more, tmp_path / "runs") as workspace:
            assert [claim.late for claim in workspace.record().claims] == [False, True]
    with pytest.raises(UserError, match=r"claims\.two: this claim is gone"), open_workspace(first, tmp_path / "runs"):
        pass


def test_an_arm_whose_name_has_a_plus(tmp_path: Path) -> None:
    text = LISTED.replace("COMPARISON", "noise+wide < plain").replace("both: [", '"noise+wide": [')
    assert "'noise+wide' can't be an arm's name" in _problem(tmp_path, text)
    rungs = CROSSED.replace("factorial", "ladder").replace("  hinge: {loss: hinge}\n", "")
    (claim,) = _load(tmp_path, rungs.replace("COMPARISON", "2+ttur < 1+smooth")).claims
    assert claim.test == OfArms(left="2+ttur", right="1+smooth")
    (claim,) = _load(tmp_path, rungs.replace("COMPARISON", "ttur + smooth < smooth")).claims
    assert claim.test == OfArms(left="2+ttur", right="1+smooth")
