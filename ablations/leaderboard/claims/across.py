"""Claims of a study across several settings: about all blocks together, or about the one that they name."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from ablations.leaderboard.block_questions import BlockedDesign, BlockView, in_block, over_blocks
from ablations.leaderboard.claims.answers import SEVERAL, claims_evidence, with_size
from ablations.leaderboard.claims.evidence import Case, ClaimEvidence
from ablations.leaderboard.claims.records import AnsweredClaim, Seen
from ablations.leaderboard.design_effects import pair_question
from ablations.leaderboard.questions import Judge, Question, Seeds
from ablations.results.results import Result
from ablations.statistics import Estimate
from ablations.statistics.blocks import BlockPart, Parts, average_over_blocks, measured_average, smallest_average
from ablations.statistics.claims import answer_average
from ablations.statistics.comparison import Pair, measured_pairs, shown_estimate
from ablations.study.claims.measures import MEASURES, Of
from ablations.study.claims.records import Claim, OfArms, OfFactors
from ablations.study.record import StudyRecord


def claims_across(
    claims: Sequence[Claim],
    trials: Mapping[str, Sequence[Result]],
    design: BlockedDesign,
    study: StudyRecord,
    of: Of,
) -> tuple[ClaimEvidence, ...]:
    """What is asked for each claim, in order. `trials`: those that count, by block, with the arms' own names."""
    return tuple(
        _of_one_block(claim, trials[claim.block], design, of)
        if claim.block
        else with_size(claim, _of_all_blocks(claim, trials, design, study, of))
        for claim in claims
    )


def _of_one_block(claim: Claim, trials: Sequence[Result], design: BlockedDesign, of: Of) -> ClaimEvidence:
    (evidence,) = claims_evidence([claim], trials, design.rule, of, several_protocols(trials, claim.metric, of))
    question = None if evidence.question is None else in_block(evidence.question, claim.block)
    return ClaimEvidence(question, lambda inquiry: evidence.answer(BlockView(inquiry, claim.block)))


def several_protocols(trials: Sequence[Result], metric: str, of: Of) -> tuple[str, ...]:
    """The metric, where these runs measured it under more than one protocol."""
    stamps = {score.stamp for trial in trials if (score := trial.score(metric, of)) is not None}
    return (metric,) if len(stamps) > 1 else ()


def _of_all_blocks(
    claim: Claim, trials: Mapping[str, Sequence[Result]], design: BlockedDesign, study: StudyRecord, of: Of
) -> ClaimEvidence:
    cases = {
        block: Case(claim, MEASURES[claim.metric].rule(design.rule), _by_arm(own), of) for block, own in trials.items()
    }
    case = next(iter(cases.values()))
    if claim.test is None:
        return case.untested("not tested", claim.not_tested)
    if any(several_protocols(own, claim.metric, of) for own in trials.values()):
        return case.untested("can't tell", SEVERAL)
    if isinstance(claim.test, OfFactors):
        factors = set(claim.test.factors)
        name = next((asked for asked in design.asked if set(asked.name.split(":")) == factors), None)
        if name is None:
            return case.untested("can't tell", "too few runs")
        return _pooled(case, name.pooled, lambda seeds: design.parts(name.name, seeds), name.lacking)
    assert isinstance(claim.test, OfArms)  # others are refused when the study file is read
    there = {block: set(study.of_block(block).arms_alone) for block in trials}
    blocks = [block for block, arms in there.items() if arms.issuperset(claim.test.arms)]
    pairs = {block: (cases[block].scores(claim.test.left), cases[block].scores(claim.test.right)) for block in blocks}
    first = pair_question(next(iter(pairs.values())), case.rule, claim.metric)
    question = over_blocks(first, blocks, case.rule, lambda seeds: measured_average(parts(seeds), case.rule))

    def parts(seeds: Seeds) -> Parts:
        return {block: _part(pair, seeds, cases[block]) for block, pair in pairs.items()}

    return _pooled(case, question, parts, [block for block in trials if block not in blocks])


def _part(pair: Pair, seeds: Seeds, case: Case) -> BlockPart:
    (measured,) = measured_pairs([pair], case.rule, seeds)
    values = dict(zip(measured.contrast.seeds, measured.contrast.values, strict=True))
    return BlockPart(measured.measured(case.rule), values, measured.divergence)


def _by_arm(trials: Sequence[Result]) -> dict[str, tuple[Result, ...]]:
    def arm(trial: Result) -> str:
        return trial.arm

    return {name: tuple(own) for name, own in groupby(sorted(trials, key=arm), key=arm)}


def _pooled(case: Case, question: Question, parts: Callable[[Seeds], Parts], lacking: Sequence[str]) -> ClaimEvidence:
    """A claim about the average over the blocks that have its arms."""

    def answer(inquiry: Judge) -> AnsweredClaim:
        judged, rule = inquiry.judged(question), case.rule
        there = parts(inquiry.seeds_of(question))
        average, last = average_over_blocks(there), judged.last
        low, high = (last.low, last.high) if last is not None else (math.nan, math.nan)
        value = last.measured.value if last is not None else average.value
        margin = sum(part.measured.margin for part in there.values()) / len(there)
        seen = Seen(
            shown=shown_estimate(Estimate(len(there), value, math.nan, low, high), rule),
            by_seed={},
            none=(rule.shown(-margin), rule.shown(margin)),
            detectable=rule.shown(
                smallest_average(average, rule.alpha * inquiry.next_share / inquiry.parts_of(question), rule.power)
            ),
            seeds_needed=None,
            level=rule.confidence if last is None else last.level,
        )
        notes = [f"averaged over {len(there)} settings"]
        notes += [f"without {', '.join(lacking)}, where a rule forbids an arm"] if lacking else []
        if last is None:
            return case.answer("can't tell", inquiry.why_no_look, None, seen, notes)
        assert case.claim.relation is not None
        answered = answer_average(last, case.claim.relation, rule)
        return case.answer(answered.outcome, answered.reason, last, seen, notes)

    return ClaimEvidence(question, answer)
