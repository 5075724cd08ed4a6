"""Two arms, or two runs, next to each other: settings, scores by seed, what the statistics say, curves, grids."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ablations.leaderboard.context import Context, read_study
from ablations.leaderboard.effect_records import Effects
from ablations.leaderboard.machine_kinds import MachineKinds, machine_kinds
from ablations.report.compare_sides import ComparedSide
from ablations.report.pair_judgement import PairJudgement, judge_pair
from ablations.report.sections.configuration import Configuration, configuration_of
from ablations.report.sections.curves import Curve, curve_of
from ablations.report.sections.run_facts import facts_of
from ablations.report.sections.samples import OF_LATENTS, Grid, grid_of, last_grid
from ablations.results.results import METRIC, Result
from ablations.statistics import Rule


@dataclass(frozen=True)
class SeedPair:
    """One seed. A score is None where the run has none, and a status is None where there is no run."""

    seed: int
    a: float | None
    b: float | None
    a_status: str | None
    b_status: str | None
    change: float | None  # a against b, as the rule shows it: a ratio, or a difference


@dataclass(frozen=True)
class SideBySide:
    """A against B. `effects` holds one, or none where `why_not` says why the scores can't be compared."""

    a: str
    b: str
    score: str
    pairs: tuple[SeedPair, ...]
    effects: Effects
    why_not: str
    stands: str  # whose verdict `effects` holds, and within which family of tests; '' without one
    configuration: Configuration  # A's first, and what of B's is another
    curves: tuple[Curve, ...]  # B's first: the line that A's is compared with
    grids: tuple[Grid, ...]
    same_z: bool
    machines: MachineKinds  # where they did not all run on one kind


def side_by_side(a: ComparedSide, b: ComparedSide) -> SideBySide:
    """Compare the best generators under the full protocol, paired by seed, by the rule of their study.

    Of two arms that the study's leaderboard has a verdict on, that verdict is given.
    """
    rule = _rule(a, b)
    names = {_stamp(result): _score_name(result) for side in (a, b) for result in side.results}
    stamps = {stamp for stamp in names if stamp is not None}
    why_not = _why_not(a, b, stamps)
    comparable = len(stamps) <= 1
    curves = [curve_of(side.label, [facts_of(result) for result in side.results]) for side in (b, a)]
    about = f"{a.label} against {b.label}"
    judged = PairJudgement(Effects(about, "arm", rule, (), is_alone=True), "") if why_not else judge_pair(a, b, rule)
    return SideBySide(
        a=a.label,
        b=b.label,
        score=" and ".join(sorted(names[stamp] for stamp in stamps)),
        pairs=_pairs(a, b, rule if comparable else None),
        effects=judged.effects,
        why_not=why_not,
        stands=judged.stands,
        configuration=configuration_of({a.label: a.config, b.label: b.config}),
        curves=tuple(curve for curve in curves if curve is not None) if _same_progress(curves) else (),
        grids=_grids(a, b),
        machines=machine_kinds({a.label: a.results, b.label: b.results}, [(a.label, b.label)]),
        same_z=all(a.config.get(key) == b.config.get(key) for key in OF_LATENTS),
    )


def _rule(a: ComparedSide, b: ComparedSide) -> Rule:
    """The rule of their study; the default rule where their studies have several."""
    studies = {Path(result.directory).parents[1] for side in (a, b) for result in side.results}
    first, *others = (Context(study=read_study(study)).rule for study in sorted(studies))
    return first if all(rule == first for rule in others) else Rule()


def _why_not(a: ComparedSide, b: ComparedSide, stamps: set[str]) -> str:
    if len(stamps) > 1:
        return "the scores were measured under different protocols; leaderboard --explain A B shows the difference"
    if not any(_fid(result) for side in (a,) for result in side.results) or not any(_fid(r) for r in b.results):
        return "not both have a score"
    if not {r.seed for r in a.results} & {r.seed for r in b.results}:
        return "they have no seed in common, so nothing is paired"
    return ""


def _pairs(a: ComparedSide, b: ComparedSide, rule: Rule | None) -> tuple[SeedPair, ...]:
    ours, theirs = ({result.seed: result for result in side.results} for side in (a, b))
    pairs = []
    for seed in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(seed), theirs.get(seed)
        x, y = (None if result is None else _fid(result) for result in (one, other))
        change = None
        if rule is not None and x is not None and y is not None:
            change = rule.shown(rule.transform(x) - rule.transform(y))
        pairs.append(SeedPair(seed, x, y, _status(one), _status(other), change))
    return tuple(pairs)


def _grids(a: ComparedSide, b: ComparedSide) -> tuple[Grid, ...]:
    """The grids of the lowest seed that both have, A's first; else of each side's first run with a grid."""
    found = [{result.seed: (result, last_grid(result)) for result in side.results} for side in (a, b)]
    there = [{seed: (result, path) for seed, (result, path) in own.items() if path is not None} for own in found]
    common = sorted(there[0].keys() & there[1].keys())
    seeds = [common[0] if common else min(own, default=None) for own in there]
    return tuple(
        replace(grid_of(*own[seed]), arm=side.label)
        for side, own, seed in zip((a, b), there, seeds, strict=True)
        if seed is not None
    )


def _same_progress(curves: Sequence[Curve | None]) -> bool:
    """Whether the scores on the way have one name, so that their curves may share an axis."""
    return len({curve.score for curve in curves if curve is not None}) <= 1


def _status(result: Result | None) -> str | None:
    if result is None:
        return None
    score = result.score(METRIC, "best") if result.status == "finished" else None
    return "FID not finite" if score is not None and not math.isfinite(score.value) else result.status


def _fid(result: Result) -> float | None:
    """The FID of the best generator; None where there is none with a logarithm."""
    score = result.score(METRIC, "best") if result.status == "finished" else None
    return score.value if score is not None and math.isfinite(score.value) and score.value > 0 else None


def _stamp(result: Result) -> str | None:
    score = result.score(METRIC, "best") if result.status == "finished" else None
    return score.stamp if score is not None else None


def _score_name(result: Result) -> str:
    score = result.score(METRIC, "best")
    return score.name if score is not None else ""
