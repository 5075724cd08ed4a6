"""What a study says of each of its effects: the numbers, the verdict, and how it came about from look to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ablations.statistics import Comparison, Estimate, FactorEffect, Finding, Judged, Rule

ARM = "arm"  # the unit of effects that stand with the arms in the table


@dataclass(frozen=True)
class ReportedEffect:
    """The effect of one trick, or of one arm.

    `shown`: ratio of FIDs, below 1 where it is lower with the trick, with the interval that decides; by seed too.
    `level`: the confidence of that interval, which allows for all looks and all questions of the study.
    """

    name: str
    arms: tuple[str, ...]  # that it is about: both sides of a comparison; () where all arms are
    shown: Estimate
    by_seed: Mapping[int, float]
    finding: Finding
    reason: str
    p: float  # adjusted for looks and questions
    detectable: float | None  # the smallest ratio above 1 that most likely would have shown; None: not computed
    seeds_needed: int | None
    diverged: str  # '2 against 0 of 5 seeds'; '' where no run diverged
    judged: Judged
    level: float
    borrowed: int = 0  # degrees of freedom of the spread that come from other comparisons
    scatter: float | None = None  # ratio of the sds of the two arms' runs; None: they scatter alike
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


def effect_of_comparison(name: str, comparison: Comparison, rule: Rule) -> ReportedEffect:
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
        p=comparison.p_adjusted,
        detectable=comparison.detectable,
        seeds_needed=comparison.seeds_needed,
        diverged=f"{ours} against {theirs} of {divergence.seeds} seeds" if ours or theirs else "",
        judged=comparison.judged,
        level=comparison.level,
        borrowed=comparison.borrowed,
        scatter=comparison.scatter,
    )


def effect_of_factor(effect: FactorEffect, rule: Rule) -> ReportedEffect:
    """A main effect or an interaction of a factorial design."""
    ours, theirs = effect.diverged_with, effect.diverged_without
    last = effect.judged.last
    return ReportedEffect(
        name=effect.name,
        arms=(),
        shown=effect.shown,
        by_seed={},
        finding=effect.finding,
        reason=effect.reason,
        p=effect.p_adjusted,
        detectable=None,
        seeds_needed=None,
        diverged=f"{ours} with it, {theirs} without" if ours or theirs else "",
        judged=effect.judged,
        level=last.level if last is not None else rule.confidence,
        aliases=effect.aliases,
        is_interaction=len(effect.about) > 1,
    )
