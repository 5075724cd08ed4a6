"""The questions that a study's claims are, and their answers once these are judged with all others of the study."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

from ablations.leaderboard.claims.effects import of_factors
from ablations.leaderboard.claims.evidence import Case, ClaimEvidence, of_arms, of_counts, of_effects, of_generators
from ablations.results.results import Result
from ablations.statistics import Rule
from ablations.study.claims.measures import MEASURES, Of
from ablations.study.claims.records import Claim, OfArms, OfEffects, OfFactors, OfGenerators

SEVERAL = "these runs measured it under several protocols"


def claims_evidence(
    claims: Sequence[Claim], trials: Sequence[Result], rule: Rule, of: Of, mixed: Collection[str] = ()
) -> tuple[ClaimEvidence, ...]:
    """What one study's trials under one protocol say of the claims, in order.

    `mixed`: metrics with several protocols.
    """
    by_arm = {arm: tuple(own) for arm, own in groupby(sorted(trials, key=_arm), key=_arm)}
    cases = [Case(claim, MEASURES[claim.metric].rule(rule), by_arm, of) for claim in claims]
    return tuple(with_size(case.claim, _evidence(case, mixed)) for case in cases)


def with_size(claim: Claim, evidence: ClaimEvidence) -> ClaimEvidence:
    """Of a claim that two are equal: it asks not only whether they differ, but whether that matters."""
    if claim.relation != "=" or evidence.question is None:
        return evidence
    return replace(evidence, question=replace(evidence.question, asks_size=True))


def _evidence(case: Case, mixed: Collection[str]) -> ClaimEvidence:
    claim = case.claim
    if claim.test is None:
        return case.untested("not tested", claim.not_tested)
    if claim.metric in mixed:
        return case.untested("can't tell", SEVERAL)
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
