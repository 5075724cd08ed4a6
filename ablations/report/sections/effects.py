"""A study's effects with their intervals. The design decides what is compared with what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ablations.leaderboard import Table
from ablations.leaderboard.rows import arm_scores
from ablations.report.sections.factorial_effects import factorial_fit
from ablations.report.words import counted
from ablations.results.results import Result
from ablations.statistics import ArmScores, Comparison, Estimate, FactorEffect, Finding, Rule, compare_all
from ablations.statistics.comparison import Pair, ladder, one_out
from ablations.study.claims.measures import Of
from ablations.study.record import StudyRecord


@dataclass(frozen=True)
class ReportedEffect:
    """The effect of one trick, or of one arm.

    `shown`: ratio of FIDs, below 1 where it is lower with the trick; by seed too.
    """

    name: str
    arms: tuple[str, ...]  # that it is about: both sides of a comparison; () where all arms are
    shown: Estimate
    by_seed: Mapping[int, float]
    finding: Finding
    reason: str
    p: float  # adjusted by Holm
    detectable: float | None  # the smallest ratio above 1 that most likely would have shown; None: not computed
    seeds_needed: int | None
    diverged: str  # '2 against 0 of 5 seeds'; '' where no run diverged
    aliases: tuple[str, ...] = ()
    is_interaction: bool = False


@dataclass(frozen=True)
class Effects:
    """All effects of a table. `about` says in words what is compared with what; `unit` is the word for one of them.

    `is_alone`: a single comparison, so that nothing is adjusted.
    """

    about: str
    unit: str
    rule: Rule
    effects: tuple[ReportedEffect, ...]
    notes: tuple[str, ...] = field(default=())
    is_alone: bool = False

    @property
    def main(self) -> tuple[ReportedEffect, ...]:
        """The effects without interactions."""
        return tuple(effect for effect in self.effects if not effect.is_interaction)


def effects_of(record: StudyRecord, table: Table, results: Sequence[Result]) -> Effects:
    """The effects that the study's design is made for; `results` are the runs of the table."""
    return OF_DESIGN.get(record.design, _against_reference)(record, table, results)


def _against_reference(record: StudyRecord, table: Table, results: Sequence[Result]) -> Effects:
    """The leaderboard's comparisons, in the order of the study file."""
    places = {arm.name: place for place, arm in enumerate(record.arms)}
    rows = sorted(table.rows, key=lambda row: places.get(row.arm, len(places)))
    compared = [row.comparison for row in rows if row.comparison is not None]
    about = f"each arm against {record.reference}"
    return Effects(about, "arm", table.rule, tuple(effect_of(c.arm, c, table.rule) for c in compared))


def _one_out(record: StudyRecord, table: Table, results: Sequence[Result]) -> Effects:
    """A trick's effect in the company of all others: everything against everything but it."""
    arms = _arm_scores(results, table.ranked_by)
    everything = arms.get(record.reference)
    missing = {arm.name: [name for name, on in arm.factors.items() if not on] for arm in record.arms}
    without = {off[0]: arms[name] for name, off in missing.items() if len(off) == 1 and name in arms}
    pairs = one_out(everything, without) if everything is not None else {}
    return _compared("everything on, against everything but this trick", pairs, table.rule)


def _ladder(record: StudyRecord, table: Table, results: Sequence[Result]) -> Effects:
    """What a trick adds to those before it: each rung against the one below."""
    arms = _arm_scores(results, table.ranked_by)
    rungs = {arm.name.partition("+")[2] or arm.name: arms.get(arm.name) for arm in record.arms if arm.previous}
    reached = {trick: scores for trick, scores in rungs.items() if scores is not None}
    whole = len(reached) == len(rungs) and record.reference in arms  # a missing rung would pair its neighbours
    pairs = ladder(reached, arms[record.reference]) if whole else {}
    return _compared("each rung of the ladder against the one below it", pairs, table.rule)


def _factorial(record: StudyRecord, table: Table, results: Sequence[Result]) -> Effects:
    """Main effects and two-way interactions, averaged over the other factors."""
    fit = factorial_fit(results, table)
    score = "log FID" if table.rule.scale == "log" else "FID"
    notes = [f"from a linear model of {score} with the seed as a block"]
    lost = f", {fit.diverged} more diverged and are left out" if fit.diverged else ""
    notes += [f"{counted(fit.runs, 'run')}, {counted(fit.degrees_of_freedom, 'degree')} of freedom left{lost}"]
    if record.fraction is not None:
        notes.append(f"a fraction of resolution {record.fraction.resolution}: aliases are named with each effect")
    effects = tuple(_factor_effect(effect) for effect in fit.effects)
    return Effects("each factor, averaged over the others", "factor", table.rule, effects, tuple(notes))


Computed = Callable[[StudyRecord, Table, Sequence[Result]], Effects]
OF_DESIGN: Mapping[str, Computed] = MappingProxyType(
    {"one-out": _one_out, "ladder": _ladder, "factorial": _factorial, "fractional": _factorial}
)


def _compared(about: str, pairs: Mapping[str, Pair], rule: Rule) -> Effects:
    compared = compare_all(list(pairs.values()), rule)
    return Effects(
        about, "trick", rule, tuple(effect_of(name, c, rule) for name, c in zip(pairs, compared, strict=True))
    )


def effect_of(name: str, comparison: Comparison, rule: Rule) -> ReportedEffect:
    """A comparison as an effect with this name."""
    divergence = comparison.divergence
    ours, theirs = divergence.both + divergence.only_arm, divergence.both + divergence.only_baseline
    return ReportedEffect(
        name=name,
        arms=(comparison.arm, comparison.baseline),
        shown=comparison.shown,
        by_seed={
            seed: rule.shown(value)
            for seed, value in zip(comparison.contrast.seeds, comparison.contrast.values, strict=True)
        },
        finding=comparison.finding,
        reason=comparison.reason,
        p=comparison.p_holm,
        detectable=comparison.detectable,
        seeds_needed=comparison.seeds_needed,
        diverged=f"{ours} against {theirs} of {divergence.seeds} seeds" if ours or theirs else "",
    )


def _factor_effect(effect: FactorEffect) -> ReportedEffect:
    ours, theirs = effect.diverged_with, effect.diverged_without
    return ReportedEffect(
        name=effect.name,
        arms=(),
        shown=effect.shown,
        by_seed={},
        finding=effect.finding,
        reason=effect.reason,
        p=effect.p_holm,
        detectable=None,
        seeds_needed=None,
        diverged=f"{ours} with it, {theirs} without" if ours or theirs else "",
        aliases=effect.aliases,
        is_interaction=len(effect.about) > 1,
    )


def _arm_scores(results: Sequence[Result], of: Of) -> dict[str, ArmScores]:
    by_arm: dict[str, list[Result]] = {}
    for result in results:
        by_arm.setdefault(result.arm, []).append(result)
    return {arm: arm_scores(own, of) for arm, own in by_arm.items()}
