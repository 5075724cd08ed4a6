"""The simulator comes to the verdicts of `ablations.statistics`, study by study and look by look."""

import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ablations.leaderboard.questions import Inquiry, Question
from ablations.statistics import ArmScores, Factor, Looks, Observation, Rule, contrast_of
from ablations.statistics.comparison import measured_contrast
from ablations.statistics.factorial import estimate_factorial
from ablations.statistics.family import Measured
from ablations.statistics.looks import Stop

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from looks_factorials import FactorWorld, full, play_factorial
from looks_others import with_claims
from looks_rule import HELPS, HURTS, OPEN, SAME, Family, Outcome, Policy, Schedule, declared, one_in, plain, play
from looks_worlds import MARGIN, Array, Noise, World

RULE = Rule()
CODES = {"helps": HELPS, "hurts": HURTS, "no difference": SAME, "can't tell": OPEN}
EFFECTS = (-0.4, 0.0, -0.15, 0.0, 0.2, MARGIN, 0.4, 0.0)
Given = tuple[list[int], set[int]]  # the verdicts after a look, and the arms that then go on


def small_studies(noise: Noise, seeds: int) -> Array:
    """Of eight arms: 5 % of the runs diverge, 40 % of the first arm's, and 4 % have no score for another reason."""
    worlds = [World(EFFECTS, noise, run_sd=sd, diverged=0.05, diverged_first=0.4) for sd in (0.05, 0.12, 0.2)]
    rng = np.random.default_rng(1)
    scores = np.concatenate([world.draw(14, seeds, rng) for world in worlds])
    return np.where(rng.random(scores.shape) < 0.04, np.inf, scores)


def trained(outcome: Outcome, study: int, schedule: Schedule) -> list[int]:
    """How many seeds each arm got in the simulation."""
    seeds = np.full(outcome.by_look[0][1].shape[1], schedule.looks[0])
    for (_, going), count in zip(outcome.by_look, schedule.looks[1:], strict=False):
        seeds[going[study]] = count
    return [int(count) for count in seeds]


def asked(family: Family, study: Array, trained: Sequence[int]) -> list[Question]:
    """The comparisons as questions; `study` is log FID by arm and seed."""
    arms = [
        ArmScores(
            str(arm),
            {seed: float(np.exp(value)) for seed, value in enumerate(row[:count]) if np.isfinite(value)},
            frozenset(np.flatnonzero(np.isnan(row[:count])).tolist()),
        )
        for arm, (row, count) in enumerate(zip(study, trained, strict=True))
    ]
    return [question(weights, at, arms) for at, weights in enumerate(family.weights)]


def question(weights: Array, at: int, arms: Sequence[ArmScores]) -> Question:
    used = [(float(weight), arm) for weight, arm in zip(weights, arms, strict=True) if weight]
    names = tuple(arm.name for _, arm in used)
    if len(used) == 2:
        return Question(at, names, RULE, pair=tuple(arm for _, arm in sorted(used, key=lambda term: -term[0])))  # type: ignore[arg-type]

    def measure(seeds: frozenset[int]) -> Measured:
        return measured_contrast(contrast_of([(w, arm.of_seeds(seeds)) for w, arm in used], arms[0], RULE), RULE)

    return Question(at, names, RULE, measure=measure)


def by_the_product(
    questions: Sequence[Question], trained: Sequence[int], schedule: Schedule, stop: Stop
) -> list[Given]:
    """What the inquiry says after each look; it waits for ever if an arm has fewer runs than it asks for."""
    looks = Looks(counts=schedule.looks, shares=schedule.shares, stop=stop)
    ended = {str(arm): range(count) for arm, count in enumerate(trained)}
    inquiry = Inquiry(questions, looks, range(schedule.looks[-1]), ended, RULE)
    assert not inquiry.waits_for
    said = []
    for look in range(inquiry.taken):
        results = [inquiry.judged(question).looks for question in questions]
        verdicts = [CODES[each[min(look, len(each) - 1)].verdict.finding] for each in results]
        said.append((verdicts, {int(arm) for arm in inquiry.went_on[look]}))
    return said


def by_the_simulator(outcome: Outcome, study: int) -> list[Given]:
    return [(v[study].tolist(), set(np.flatnonzero(going[study]).tolist())) for v, going in outcome.by_look]


@pytest.mark.parametrize("noise", ["normal", "skewed"])
@pytest.mark.parametrize(
    ("family", "schedule", "stop"),
    [
        (one_in(8), declared(5, 8, 12), "decided"),
        (with_claims(), declared(5, 8, 12), "decided"),
        (one_in(8), plain(5), "never"),
    ],
)
def test_studies_of_arms(family: Family, schedule: Schedule, stop: Stop, noise: Noise) -> None:
    few = Schedule(schedule.looks[:4], schedule.shares[:4])
    scores = small_studies(noise, few.looks[-1])
    outcome = play(scores, Policy(few, stop=stop), family)
    given = []
    for study in range(len(scores)):
        seeds = trained(outcome, study, few)
        product_says = by_the_product(asked(family, scores[study], seeds), seeds, few, stop)
        simulator_says = by_the_simulator(outcome, study)[: len(product_says)]
        last = -1 if stop == "decided" else None  # nobody goes on after the last look of a study that stops
        verdicts, going = zip(*product_says, strict=True), zip(*simulator_says, strict=True)
        (verdicts_p, going_p), (verdicts_s, going_s) = verdicts, going
        assert verdicts_p == verdicts_s, study
        assert going_p[:last] == going_s[:last], study
        given += verdicts_p[-1]
    assert {code: given.count(code) > 5 for code in CODES.values()} == dict.fromkeys(CODES.values(), True)


def test_factorial_studies() -> None:
    design, schedule = full(), declared(2, 3, 5)
    truth = (-0.3, 0.2, MARGIN, 0.0, 0.0, 0.0)
    scores = np.concatenate(
        [
            FactorWorld(design, truth, run_sd=sd, diverged=0.03, diverged_first=lost).draw(
                10, 5, np.random.default_rng(at)
            )
            for at, (sd, lost) in enumerate(product((0.04, 0.15), (0.0, 0.15)))
        ]
    )
    scores = scores[np.isfinite(scores[:, :, :2]).any(axis=2).all(axis=1)]  # else effects are mixed from the first look
    outcome = play_factorial(scores, design, schedule)
    factors = [Factor(name, ("off", "on")) for name in "ABC"]
    levels = [dict(zip("ABC", on, strict=True)) for on in product(("off", "on"), repeat=3)]

    def measured(study: Array, at: int) -> Callable[[frozenset[int]], Measured]:
        def measure(seeds: frozenset[int]) -> Measured:
            observations = [
                Observation(levels[arm], seed, None if np.isnan(value) else float(np.exp(value)))
                for arm, row in enumerate(study)
                for seed, value in enumerate(row)
                if seed in seeds
            ]
            return estimate_factorial(observations, factors, RULE).effects[at].measured

        return measure

    given = []
    for study in range(len(scores)):
        arms = tuple(map(str, range(8)))
        questions = [Question(at, arms, RULE, measured(scores[study], at)) for at in range(len(truth))]
        product_says = by_the_product(questions, [int(outcome.seeds[study])] * 8, schedule, "decided")
        simulator_says = [verdicts[study].tolist() for verdicts, _ in outcome.by_look]
        assert [verdicts for verdicts, _ in product_says] == simulator_says[: len(product_says)], study
        assert outcome.seeds[study] == schedule.looks[len(product_says) - 1], study
        given += product_says[-1][0]
    assert {code: given.count(code) > 5 for code in CODES.values()} == dict.fromkeys(CODES.values(), True)
