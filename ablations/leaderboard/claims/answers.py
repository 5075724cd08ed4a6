"""The answers to a study's claims, adjusted by Holm over all that are tested."""

import math
from collections.abc import Collection, Sequence
from itertools import groupby

from ablations.leaderboard.claims.effects import of_factors
from ablations.leaderboard.claims.evidence import (
    Adjusted,
    Case,
    ClaimEvidence,
    of_arms,
    of_counts,
    of_effects,
    of_generators,
)
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.results.results import Result
from ablations.statistics import Rule, holm
from ablations.study.claims.measures import MEASURES, Of
from ablations.study.claims.records import Claim, OfArms, OfEffects, OfFactors, OfGenerators

NOTHING = Adjusted(math.nan, math.nan, 1)
SEVERAL = "these runs measured it under several protocols"


def answer_claims(
    claims: Sequence[Claim], trials: Sequence[Result], rule: Rule, of: Of, mixed: Collection[str] = ()
) -> tuple[AnsweredClaim, ...]:
    """Answer the claims from one study's trials under one protocol, in order.

    `mixed`: metrics with several protocols.
    """
    by_arm = {arm: tuple(own) for arm, own in groupby(sorted(trials, key=_arm), key=_arm)}
    cases = [Case(claim, MEASURES[claim.metric].rule(rule), by_arm, of) for claim in claims]
    found = [_evidence(case, mixed) for case in cases]
    p = holm([evidence.p for evidence in found])
    equivalence = holm([evidence.p_equivalence for evidence in found])
    family = max(1, sum(not math.isnan(value) for value in p))
    return tuple(evidence.answer(Adjusted(p[i], equivalence[i], family)) for i, evidence in enumerate(found))


def _evidence(case: Case, mixed: Collection[str]) -> ClaimEvidence:
    claim = case.claim
    if claim.test is None:
        return ClaimEvidence(math.nan, math.nan, lambda _: case.answer("not tested", claim.not_tested, NOTHING))
    if claim.metric in mixed:
        return ClaimEvidence(math.nan, math.nan, lambda _: case.answer("can't tell", SEVERAL, NOTHING))
    match claim.test:
        case OfArms() as test:
            return of_counts(case, test) if case.measure.sort == "count" else of_arms(case, test)
        case OfEffects() as test:
            return of_effects(case, test)
        case OfFactors() as test:
            return of_factors(case, test)
        case OfGenerators() as test:
            return of_generators(case, test)


def _arm(result: Result) -> str:
    return result.arm
