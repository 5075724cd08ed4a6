"""The answer in words: what helps, what hurts, what makes no difference, and what these seeds can't tell."""

import math
from dataclasses import dataclass, replace

from ablations.leaderboard import Row, Table
from ablations.leaderboard.effect_records import Effects, ReportedEffect
from ablations.leaderboard.guard_records import Guards, with_costs
from ablations.leaderboard.looks import LooksState
from ablations.leaderboard.text.guards import guard_words
from ablations.leaderboard.text.notes import scatter_words
from ablations.report.words import change, could_show, counted, interval, listed, percent_of, would_take
from ablations.statistics import Finding, Rule

FEW = 2  # names without an answer that a headline has
NO_GUARDS = Guards()
ORDER: tuple[Finding, ...] = ("helps", "hurts", "no difference", "same run", "can't tell")


@dataclass(frozen=True)
class Sentence:
    """The sentence about one effect: its name and finding, the effect in words, and why."""

    name: str
    finding: Finding
    says: str
    why: str
    costs: tuple[str, ...] = ()  # guarded metrics of which it loses more than the margin

    @property
    def verdict(self) -> str:
        """The finding with what it costs: 'helps, at the cost of recall'."""
        return with_costs(self.finding, self.costs)


@dataclass(frozen=True)
class StudyAnswer:
    """`headline` in one or two sentences; `best`: the arm with the lowest mean FID, None without a score."""

    headline: str
    sentences: tuple[Sentence, ...]
    best: Row | None


def answer_of(table: Table) -> StudyAnswer:
    """Put the effects into words."""
    best = next((row for row in table.rows if row.rank is not None), None)
    headline = _headline(table.effects, best, table.guards)
    return StudyAnswer(headline, sentences_of(table.effects, table.looks, table.guards), best)


def sentences_of(effects: Effects, looks: LooksState | None = None, guards: Guards = NO_GUARDS) -> tuple[Sentence, ...]:
    """One sentence for each effect, by finding and then by size. `looks`: None of effects that are looked at once."""
    ordered = sorted(effects.effects, key=lambda effect: (ORDER.index(effect.finding), _size(effect, effects.rule)))
    return tuple(_guarded(_sentence(effect, effects.rule, looks), guards) for effect in ordered)


def _guarded(sentence: Sentence, guards: Guards) -> Sentence:
    """The sentence with what is said of the effect's guards."""
    said = [guard_words(one) for one in guards.of(sentence.name) if one.finding != "same run"]
    why = "; ".join(part for part in (sentence.why, *said) if part)
    return replace(sentence, why=why, costs=guards.hurt_by(sentence.name))


def stands(effect: ReportedEffect, looks: LooksState | None) -> str:
    """'look 2, 8 seeds'; of what is undecided with the chance of a verdict, or that it was given up.

    '' before the first look, and where that is the only one.
    """
    last = effect.judged.last
    if looks is None or not looks.are_shown or last is None or effect.finding == "same run":
        return ""
    final = looks.looks.counts[-1]
    where = f"look {last.look}, {counted(last.seeds, 'seed')}"
    if effect.judged.is_hopeless:
        return f"{where}; stopped: hopeless by {counted(final, 'seed')}"
    if (chance := effect.judged.chance) is not None:
        return f"{where}; undecided, {percent_of(round(chance, 2))} chance of a verdict by {counted(final, 'seed')}"
    return where


def _headline(effects: Effects, best: Row | None, guards: Guards) -> str:
    if best is None:
        return "No run has a score yet."
    if not effects.effects:
        return f"Nothing to compare yet. The lowest mean FID is that of {best.arm}."
    return headline_of(effects, guards)


def headline_of(effects: Effects, guards: Guards = Guards()) -> str:  # noqa: B008  frozen
    """What helps, hurts, or makes no difference, by name, and what it costs; what is not known, by number."""
    by_finding = {
        finding: [_with_cost(e.name, finding, guards) for e in effects.main if e.finding == finding]
        for finding in ORDER
    }
    said = [
        f"{listed(by_finding['helps'])} {_verb(by_finding['helps'], 'help')}",
        f"{listed(by_finding['hurts'])} {_verb(by_finding['hurts'], 'hurt')}",
        f"{listed(by_finding['no difference'])} {_verb(by_finding['no difference'], 'make')} no difference larger than "
        f"{effects.rule.margin_percent}",
        f"{listed(by_finding['same run'])} had no effect at all: bit-identical runs",
    ]
    known = [text for text, finding in zip(said, ORDER[:4], strict=True) if by_finding[finding]]
    unknown = len(by_finding["can't tell"])
    total = len(effects.main)
    if not known:
        each = f"any of the {total} {effects.unit}s" if total > 1 else f"the {effects.unit} {effects.main[0].name}"
        return f"These runs can't tell whether {each} makes a difference."
    of = listed(by_finding["can't tell"]) if unknown <= FEW else f"the other {unknown} of {total} {effects.unit}s"
    rest = f" For {of} these runs can't tell." if unknown else ""
    return "; ".join(known) + "." + rest


def _with_cost(name: str, finding: Finding, guards: Guards) -> str:
    """'ttur (at the cost of recall)'."""
    hurt = guards.hurt_by(name)
    word = "at the cost of" if finding == "helps" else "hurts"
    return f"{name} ({word} {listed(hurt)})" if hurt else name


def _sentence(effect: ReportedEffect, rule: Rule, looks: LooksState | None) -> Sentence:
    estimate = effect.shown
    if math.isnan(estimate.mean):
        says = "no score to compare" if effect.arms else "the design gives it no number"
        return Sentence(effect.name, effect.finding, says, effect.reason)
    if effect.finding == "same run":
        return Sentence(effect.name, effect.finding, "one run under two names", effect.reason)
    what = "together, beyond what each adds: " if effect.is_interaction else ""
    says = f"{what}{change(estimate.mean, rule)}"
    if not math.isnan(estimate.low):
        says += f" {interval(estimate, rule)}"
    parts = [stands(effect, looks), effect.reason, *_limits(effect, rule)]
    return Sentence(effect.name, effect.finding, says, "; ".join(part for part in parts if part))


def _limits(effect: ReportedEffect, rule: Rule) -> list[str]:
    """What more would be needed, where these seeds can't tell; who diverged; which effects it is mixed up with."""
    limits = []
    if effect.finding == "can't tell" and effect.detectable is not None and math.isfinite(effect.detectable):
        limits.append(could_show(effect.detectable, effect.shown.n, rule))
        if effect.seeds_needed is not None and effect.seeds_needed > effect.shown.n:
            limits.append(would_take(effect.seeds_needed))
    if effect.borrowed:
        limits.append(f"{counted(effect.borrowed, 'degree')} of freedom borrowed from the other comparisons")
    if effect.scatter is not None:
        limits.append(scatter_words(effect))
    if effect.diverged:
        limits.append(f"diverged: {effect.diverged}")
    if effect.aliases:
        limits.append(f"the design can't tell it from {listed(effect.aliases)}")
    return limits


def _size(effect: ReportedEffect, rule: Rule) -> float:
    """Sorts by size: the largest first, what has no number last."""
    mean = effect.shown.mean
    if math.isnan(mean):
        return math.inf
    if rule.scale == "plain":
        return -abs(mean)
    return -abs(math.log(mean)) if mean else -math.inf


def _verb(names: list[str], verb: str) -> str:
    return f"{verb}s" if len(names) == 1 else verb
