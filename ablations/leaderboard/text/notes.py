"""The notes below a leaderboard's table: how to read it, what could have been shown, what else was scored."""

import math
from collections.abc import Iterator, Sequence

from ablations.leaderboard import NO_SCORES, Table
from ablations.leaderboard.effect_records import ReportedEffect
from ablations.leaderboard.looks import LooksState
from ablations.leaderboard.machine_kinds import MachineKinds, kinds_in_words
from ablations.leaderboard.rows import says_share
from ablations.leaderboard.text.guards import guard_notes
from ablations.leaderboard.text.numbers import number, percent
from ablations.statistics import Rule
from ablations.study.claims.measures import Of
from ablations.study.designs import BASELINE

MOST_ARMS = 8  # that a note names
MOST_EXPLORED = 10  # lines; all are in the files
LUDICROUS = 100  # a ratio


def other_generators(table: Table) -> Of:
    """The kind of generators that the table is not ranked by."""
    return "last" if table.ranked_by == "best" else "best"


def reference_of(table: Table) -> str:
    """The arm that the others are compared with; of a design with another one than the baseline, by its name."""
    return next((row.arm for row in table.rows if row.is_baseline), "baseline")


def notes_of(table: Table) -> Iterator[str]:
    """One note a line, in the order in which they are needed."""
    if table.score == NO_SCORES:
        why = "metrics without fid" if table.stamps else "extractor: none"
        yield f"{why}, as the study says; nothing is ranked"
    if table.code:
        yield f"with code of the study's own: {', '.join(table.code)}"
    if not table.stamps:
        return
    if table.score != NO_SCORES:
        yield from _rule_of_ranking(table)
        yield from _could_show(table)
        yield from _scatter(table)
        yield from guard_notes(table)
    yield from _same_runs(table)
    yield from machine_notes(table.machines)
    yield from _not_finite(table)
    yield from _explored(table)
    for entry in table.elsewhere:
        yield f"* {entry.name}: not trained here, one measurement ({entry.what})"
    for entry in table.floors:
        yield f"{entry.name}: {entry.what}; to place a number, not ranked"
    yield f"protocol {table.protocol}"
    if table.mixed:
        yield f"{', '.join(table.mixed)}: left out, for these runs measured it under several protocols"
    if share := says_share(table.evaluation_share):
        yield share


def _rule_of_ranking(table: Table) -> Iterator[str]:
    interval = f"{table.rule.confidence_percent} interval"
    yield (
        f"ranked by the mean over seeds of the FID of each run's {table.ranked_by} generator, ± {interval}; "
        f"{other_generators(table)}: mean of the {other_generators(table)} generators"
    )
    if any(row.comparison is not None for row in table.rows):
        yield f"vs {reference_of(table)}: FID paired by seed, with the interval that decides; see docs/statistics.md"
        borrowed = max(row.comparison.borrowed for row in table.rows if row.comparison is not None)
        if borrowed:
            yield f"spreads are steadied: up to {borrowed} degrees of freedom of each come from the other comparisons"
    if table.effects.effects and not table.block:  # else they stand with what all blocks say
        yield from looks_notes(table.looks, table.rule)


def looks_notes(state: LooksState, rule: Rule) -> Iterator[str]:
    """How many looks were taken and what they promise, and what the next one needs."""
    counts = ", ".join(map(str, state.looks.counts))
    questions = f"{state.tested} question{'s' * (state.tested != 1)}"
    yield (
        f"looks at {counts} seeds, {state.taken} taken: error at most {rule.alpha_percent} over all looks and "
        f"{questions}, at whatever look one stops"
    )
    if state.next_seeds is None:
        return
    arms = "every arm" if state.all_go_on else ", ".join(state.going_on_alone)
    runs = f"{state.waits_for} run{'s' * (state.waits_for != 1)}"
    yield f"next look: {state.next_seeds} seeds of {arms}, {runs} more"


def _explored(table: Table) -> Iterator[str]:
    if not table.explored:
        return
    more = len(table.explored) - MOST_EXPLORED
    yield (
        "explored: what the search tried, by other seeds than the ranked arms; it chose by these numbers, so they are "
        f"too good, and never ranked{f'; {more} more are in the files' if more > 0 else ''}"
    )
    known = [expected for expected in table.expected if math.isfinite(expected.best)]
    if shown := [expected for expected in known if expected.k in (1, 2, 5, 10, 20, 50, 100, 200, 500, len(known))]:
        words = ", ".join(f"{number(expected.best)} of {expected.k}" for expected in shown)
        yield f"best FID to expect of this many explored trials: {words}; where the sampler learns, of what it tried"


def _same_runs(table: Table) -> Iterator[str]:
    groups = dict.fromkeys(tuple(sorted((row.arm, *row.same_as))) for row in table.rows if row.same_as)
    for group in groups:
        yield f"same run: {', '.join(group)} are bit-identical in every seed; what they differ in had no effect"


def machine_notes(machines: MachineKinds) -> Iterator[str]:
    """Which arms ran on several kinds of machine, and what that means for what they are compared with."""
    if not machines.by_arm:
        return
    arms = [f"{arm} {kinds_in_words(kinds)}" for arm, kinds in machines.by_arm.items()]
    yield (f"not all on one kind of machine: {_first(arms, '; ')}: bits and speed differ between kinds, the FID hardly")
    if machines.pairs:
        pairs = [f"{' and '.join(p.arms)} in {p.unlike} of {p.known} seeds" for p in machines.pairs]
        yield f"compared over different kinds: {_first(pairs)}; such a difference may be one of machines (confounded)"


def _first(texts: Sequence[str], separator: str = ", ") -> str:
    more = len(texts) - MOST_ARMS
    return separator.join(texts[:MOST_ARMS]) + (f"{separator}and {more} more" if more > 0 else "")


def _not_finite(table: Table) -> Iterator[str]:
    rows = [row for row in (*table.rows, *table.explored) if row.seeds_not_finite]
    if rows:
        arms = ", ".join(f"{row.arm} in {row.seeds_not_finite} of {row.seeds_finished} finished seeds" for row in rows)
        yield f"FID not finite: {arms}; such a run counts as diverged in verdicts, and is never averaged in"


def _could_show(table: Table) -> Iterator[str]:
    ratios = [row.comparison.detectable for row in table.rows if row.comparison is not None]
    finite = sorted(ratio for ratio in ratios if math.isfinite(ratio))
    if finite and table.rule.scale == "log":
        low, high = (_least(ratio) for ratio in (finite[0], finite[-1]))
        least = low if low == high else f"{low} to {high}, by arm"
        at = "" if table.looks.next_seeds is None else ", at the next look"
        yield f"smallest difference that these seeds would most likely show{at}: {least}"


def _scatter(table: Table) -> Iterator[str]:
    """One note for each pair of arms whose runs scatter unlike each other."""
    for effect in table.effects.effects:
        if effect.scatter is not None:
            yield (
                f"{scatter_words(effect)}: where bad runs are rare, the "
                f"{table.rule.alpha_percent} may not hold (docs/statistics.md)"
            )


def scatter_words(effect: ReportedEffect) -> str:
    """'runs of ttur scatter 4.1 times as much as the baseline's'; the arm that scatters more comes first."""
    assert effect.scatter is not None
    more, less = effect.arms if effect.scatter > 1 else effect.arms[::-1]
    whose = "the baseline's" if less == BASELINE else f"those of {less}"
    return f"runs of {more} scatter {max(effect.scatter, 1 / effect.scatter):.1f} times as much as {whose}"


def _least(ratio: float) -> str:
    """'+12 %', up to where a percentage says no more."""
    return f"{percent(ratio)} %" if ratio < LUDICROUS else f"more than {LUDICROUS} times as much"
