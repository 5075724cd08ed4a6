"""A claim that two arms are equal goes on after a difference is shown, until it is shown whether it matters."""

import math

import numpy as np
import pytest

from ablations.leaderboard.design_effects import pair_question
from ablations.leaderboard.questions import Inquiry, Question
from ablations.statistics import ArmScores, Looks, Rule
from ablations.statistics.family import Judged
from ablations.statistics.outlook import Prediction, chance_of_a_size, chance_of_a_verdict
from ablations.workspace.looks_taken import LookTaken

RULE = Rule(margin=0.2)
MARGIN = math.log(1.2)
LOOKS = Looks.declared([5, 8, 12])
SEEDS = range(12)
ARMS = ("a", "b", "c")


def inquiry(
    effects: dict[str, float],
    rng: np.random.Generator,
    sd: float,
    asks_size: bool,
    seeds: int,
    taken: tuple[LookTaken, ...] = (),
) -> Inquiry:
    """Each arm against the baseline; log FID of an arm is its effect and noise."""

    def arm(name: str) -> ArmScores:
        noise = sd * rng.standard_normal(len(SEEDS))
        return ArmScores(name, {s: math.exp(effects.get(name, 0.0) + noise[s]) for s in SEEDS if s < seeds})

    baseline = arm("baseline")
    scores = {"baseline": baseline} | {name: arm(name) for name in effects}
    questions: list[Question] = []
    for name in effects:
        question = pair_question((scores[name], baseline), RULE)
        questions += [question, Question(**{**vars(question), "asks_size": asks_size})]
    ended = {name: one.scores for name, one in scores.items()}
    return Inquiry(questions, LOOKS, SEEDS, {name: set(own) for name, own in ended.items()}, RULE, taken)


def judged(found: Inquiry) -> list[Judged]:
    return [found.judged(question) for question in found.questions]


def test_a_shown_difference_stops_an_arm_only_where_its_size_is_not_asked() -> None:
    """The effect, 30 % more, is beyond the margin of 20 %, and five seeds show that there is one, and no more."""
    effects = {"a": math.log(1.3)}
    kinds = {}
    for asks_size in (False, True):
        rng = np.random.default_rng(3)
        after_one = inquiry(effects, rng, 0.05, asks_size, 5)
        (one,) = judged(after_one)
        assert one.last is not None
        assert (one.is_decided, one.last.verdict.finding, one.last.size) == (True, "hurts", "unknown")
        kinds[asks_size] = (one.is_open, one.state, sorted(after_one.going_on))
    assert kinds == {False: (False, "decided", []), True: (True, "decided", ["a", "baseline"])}
    (end,) = judged(inquiry(effects, np.random.default_rng(3), 0.05, True, 12))
    assert end.last is not None
    assert (end.last.verdict.finding, end.last.size) == ("hurts", "outside")
    assert end.last.look > 1
    first = end.looks[0]
    assert first.low <= end.last.low <= end.last.measured.value <= end.last.high <= first.high
    assert end.last.level < first.level  # the shares of both looks


def test_a_look_that_an_older_version_took_is_waited_for_by_no_arm_that_it_stopped() -> None:
    """`run` trains by the record, and would end without the look for which it has trained."""
    effects = {"a": math.log(1.3), "b": 0.05}
    before = inquiry(effects, np.random.default_rng(3), 0.05, True, 5)
    assert sorted(before.going_on) == ["a", "b", "baseline"]
    record = (LookTaken(look=1, seeds=5, time=0.0, said=(), going_on=("b", "baseline")),)
    after = inquiry(effects, np.random.default_rng(3), 0.05, True, 5, record)
    assert (sorted(after.going_on), after.waits_for) == (["b", "baseline"], 6)


@pytest.mark.parametrize(("effect", "wrong"), [(MARGIN * 1.001, "inside"), (MARGIN * 0.999, "outside")])
def test_sizes_are_wrong_in_few_studies(effect: float, wrong: str) -> None:
    """At the margin, where it is hardest; to one side each, so half of 5 % are allowed, and 3 standard errors."""
    studies, rng = 1000, np.random.default_rng(11)
    found = [judged(inquiry(dict.fromkeys(ARMS, effect), rng, 0.04, True, 12)) for _ in range(studies)]
    errors = sum(any(one.last is not None and one.last.size == wrong for one in study) for study in found)
    assert errors <= studies * (0.025 + 3 * math.sqrt(0.025 * 0.975 / studies))
    shown = sum(one.last is not None and one.last.verdict.finding == "hurts" for study in found for one in study)
    assert shown > 0.5 * studies * len(ARMS)  # so that it was tried


@pytest.mark.parametrize(("value", "low", "high"), [(0.5, 0.99, 1.0), (MARGIN, 0.0, 0.1), (0.0, 0.9, 1.0)])
def test_the_chance_that_a_size_is_said(value: float, low: float, high: float) -> None:
    known = Prediction(value, 0.02, 8, MARGIN, 5)
    assert low <= chance_of_a_size(known, [(12, 0.01)]) <= high
    assert chance_of_a_size(known, [(12, 0.01)]) <= chance_of_a_verdict(known, [(12, 0.01)])
