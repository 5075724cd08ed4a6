"""How often claims are answered wrongly, on synthetic scores with known effects.

    python benchmarks/claims_rates.py [STUDIES]

Writes its table into docs/claims.md, between the lines that mark it. STUDIES (by default 500) synthetic studies a cell;
a share near 5 % then has a standard error of 1. Some minutes on one core.
"""

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from marked_tables import between, line
from statistics_comparisons import NOISES, share

from ablations.leaderboard.claims.answers import claims_evidence
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.questions import Inquiry
from ablations.results.results import Result
from ablations.results.summary import GeneratorSummary, ScoreSummary, Summary
from ablations.statistics import ArmScores, Looks, Relation, Rule
from ablations.study.claims.records import Claim, ClaimedEffect, OfArms, OfEffects, Test
from benchmarks.synthetic import World, draw

PAGE = Path(__file__).parent.parent / "docs" / "claims.md"
MARK = "<!-- rates: claims -->"
RULE = Rule()
SEEDS = (3, 6, 10, 20)
MARGIN = math.log1p(RULE.margin)
ARMS = {"baseline": "", **{trick: trick for trick in "abcd"}, "ab": "ab"}
TOGETHER = OfEffects(
    left=ClaimedEffect(with_it="ab", without_it="b"), right=ClaimedEffect(with_it="a", without_it="baseline")
)
Claimed = tuple[Test, Relation]


def against_baseline(arm: str) -> OfArms:
    return OfArms(left=arm, right="baseline")


# Of no effect: `<` and `>` are false, `=` is true
NULL: list[Claimed] = [
    *((against_baseline(arm), "<") for arm in "ab"),
    (against_baseline("c"), ">"),
    (OfArms(left="c", right="d"), "<"),
    (against_baseline("d"), "="),
    (TOGETHER, "<"),
    (TOGETHER, "="),
]  # fmt: skip
# Of effects as large as the margin: `=` is false
EDGE: list[Claimed] = [*((against_baseline(arm), "=") for arm in "abcd"), (TOGETHER, "=")]
# True ones: -26 %, +22 %, none (and together -26 % more than each by itself)
TRUE: list[Claimed] = [
    (against_baseline("a"), "<"),
    (against_baseline("b"), ">"),
    (against_baseline("c"), "="),
    (against_baseline("d"), "="),
    (TOGETHER, "<"),
]


def rows(studies: int) -> list[list[str]]:
    """By seeds; for each noise: studies with a wrong answer in three worlds, and true claims that are supported."""
    made = []
    for seeds in SEEDS:
        row = [str(seeds)]
        for noise in NOISES:
            holes = {"missing": 0.05, "base_divergence": 0.05}
            null = World(effects=dict.fromkeys("abcd", 0.0), noise=noise, **holes)
            edge = World(
                effects=dict.fromkeys("abcd", MARGIN),
                interactions={frozenset("ab"): MARGIN},
                noise=noise,
                noise_sd=0.04,
            )
            acting = World(
                effects={"a": -0.3, "b": 0.2, "c": 0.0, "d": 0.0},
                interactions={frozenset("ab"): -0.3},
                noise=noise,
                **holes,
            )
            rng = np.random.default_rng(seeds)
            found = [answers(acting, TRUE, seeds, rng) for _ in range(studies)]
            row += [
                share(any(map(says_what_is_not, answers(null, NULL, seeds, rng))) for _ in range(studies)),
                share(any(a.outcome == "supported" for a in answers(edge, EDGE, seeds, rng)) for _ in range(studies)),
                share(any(a.outcome == "refuted" for a in study) for study in found),
                share(study[at].outcome == "supported" for study in found for at in (0, 1)),
            ]
        made.append(row)
    return made


def says_what_is_not(answered: AnsweredClaim) -> bool:
    """Of a world without effects, where neither side is right."""
    return answered.outcome == "refuted" or (answered.outcome == "supported" and answered.claim.relation != "=")


def answers(world: World, claimed: Sequence[Claimed], seeds: int, rng: np.random.Generator) -> Sequence[AnsweredClaim]:
    """A synthetic study, answered at one look."""
    drawn = draw(world, {arm: frozenset(on) for arm, on in ARMS.items()}, seeds, rng)
    claims = [
        Claim(name=str(i), statement="s", source="t", comparison="c", relation=relation, test=test)
        for i, (test, relation) in enumerate(claimed)
    ]
    evidence = claims_evidence(claims, [result for arm in drawn.values() for result in results(arm)], RULE, "best")
    asked = [each.question for each in evidence if each.question is not None]
    ended = {arm: range(seeds) for arm in drawn}
    inquiry = Inquiry(asked, Looks.declared([seeds]), range(seeds), ended, RULE)
    return [each.answer(inquiry) for each in evidence]


def results(arm: ArmScores) -> list[Result]:
    """The runs that would have given these scores."""
    ended = [(seed, Summary(status="diverged")) for seed in arm.diverged]
    for seed, fid in arm.scores.items():
        scores = (ScoreSummary(metric="fid", name="fid", value=fid, stamp="s"),)
        ended.append((seed, Summary(status="finished", best=GeneratorSummary(kimg=1.0, seconds=1.0, scores=scores))))
    is_baseline = arm.name == "baseline"
    return [Result("made", arm.name, is_baseline, {}, seed, "f", summary, None, "") for seed, summary in ended]


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    columns = ["no effect: wrong", "at the margin: wrong", "effects: wrong", "−26 % and +22 %: found"]
    headings = ["seeds", *(f"{noise}: {column}" for noise in NOISES for column in columns)]
    lines = [
        f"**Studies with any wrong answer (stated: at most 5), and true claims supported, in %**; {studies} synthetic "
        "studies a cell",
        "",
        *map(line, (headings, ["---:"] * len(headings), *rows(studies))),
    ]
    PAGE.write_text(between(PAGE.read_text(), MARK, "\n".join(lines)))


if __name__ == "__main__":
    main()
