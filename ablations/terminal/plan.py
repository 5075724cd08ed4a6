"""What a study will do and cost, and what it can show."""

from collections.abc import Sequence

from rich.table import Table

from ablations.execution.reuse import reuse_note
from ablations.plan import Plan
from ablations.plan_advice import Alternative
from ablations.statistics import DesignProspect, Prospect, Rule
from ablations.statistics.significance import seeds_for_sign_flip
from ablations.study.designs import Fraction
from ablations.study.space.plan import SearchPlan
from ablations.terminal.console import duration, out, say, show_warnings
from ablations.terminal.plan_cluster import cluster_lines
from ablations.terminal.plan_looks import show_looks, until_next_look
from ablations.terminal.plan_words import asked, counted, finds_nothing, found, often, short, spread_in_words

HEADINGS = ("arm", "factors on", "trials", "done", "steps", "training", "scoring", "a trial")
MOST_NAMES = 6
MOST_LOOKS = 5  # of those that follow from a number of seeds
ADVICE = ("design", "arms", "seeds", "runs", "about", "smallest effect", "of an interaction", "can't be told apart")
NO_FREEDOM = "nothing (0 degrees of freedom)"


def show_plan(plan: Plan) -> None:
    """Print arms, seeds, trials, what is confounded, what the seeds can show, and what it will cost."""
    study = plan.study
    show_warnings(study.warnings)
    say(study.question)
    out.print(_arms(plan))
    for line in _epochs(plan):
        say(line)
    if study.fraction is not None:
        for line in _confounded(study.fraction):
            say(line)
    if reused := reuse_note(plan.reused, len(plan.trials)):
        say(f"{reused}: `run` takes them over; --retrain trains them again")
    if plan.looks:
        show_looks(plan)
    else:
        for line in _one_look(plan):
            say(line)
    if plan.alternatives:
        _show_advice(plan)
    say(_times_from(plan))
    if study.search is not None:
        for line in _stages(study.search):
            say(line)
    if plan.cluster is None:
        say(f"{plan.resources.in_words}: {_time_left(plan)}")
        return
    for line in cluster_lines(plan, _time_left(plan)):
        say(line)


def _time_left(plan: Plan) -> str:
    """How long what is left takes; of a study whose arms may stop, until the next look and at most."""
    left = sum(not plan.is_done(trial) for trial in plan.trials) + plan.trials_to_come  # of a search at most
    if plan.study.looks.stop == "decided":
        return until_next_look(plan, left)
    count = len(plan.trials) + plan.trials_to_come
    return f"about {duration(plan.seconds)} for the {left} of {count} trials that are left"


def _arms(plan: Plan) -> Table:
    study = plan.study
    table = Table(title=f"{study.name}: {study.design}, seeds {', '.join(map(str, study.seeds))}")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in HEADINGS[:2] else "right")
    for arm in {arm.name: arm for arm in (*study.arms, *(trial.arm for trial in plan.trials))}.values():
        own = [trial for trial in plan.trials if trial.arm.name == arm.name]
        cost = plan.costs[arm.name]
        on = [name for name, switched in arm.factors.items() if switched]
        table.add_row(
            arm.name,
            "all" if 1 < len(on) == len(arm.factors) else ", ".join(on),
            str(len(own)),
            str(sum(plan.is_done(trial) for trial in own)),
            str(cost.steps),
            *(duration(s) for s in (cost.training_s, cost.scoring_s, cost.total_s)),
        )
    return table


def _epochs(plan: Plan) -> list[str]:
    """How often the budget shows each image; by arm where they differ."""
    lines = []
    for showing in plan.showings:
        whose = f"{_named(showing.arms)}: " if len(plan.showings) > 1 else ""
        lines.append(f"{whose}an epoch is {showing.images} images; the budget is {_times(showing.epochs)}")
    return lines


def _times(epochs: float) -> str:
    """'0.067', '1.5', '30' or '600' epochs, or '1' epoch."""
    number = f"{epochs:.2g}" if epochs < 10 else f"{epochs:.0f}"
    return f"{number} epoch{'' if number == '1' else 's'}"


def _stages(search: SearchPlan) -> list[str]:
    """What a search will do, and how large its space is."""
    explore, confirm = search.explore, search.confirm
    there_are = search.space.arms_there_are()
    size = "more than can be counted" if there_are is None else str(there_are)
    pruner = "" if explore.pruner == "none" else f", the {explore.pruner} pruner stopping those that do badly"
    return [
        f"explores {explore.arms} different arms of {size} by {explore.sampler}{pruner}: at most "
        f"{explore.arms * explore.seeds} trials, up to {explore.seeds} seeds of an arm that is suggested again",
        f"confirms the best {confirm.best} and the baseline on seeds {', '.join(map(str, confirm.seeds))}; only these "
        "are ranked",
    ]


def _confounded(fraction: Fraction) -> list[str]:
    """Print what the fraction is, and what it can't tell apart."""
    lines = [
        f"resolution {fraction.resolution} in {fraction.runs} arms, off being -1 and on +1: "
        f"{'; '.join(fraction.generators)}"
    ]
    lines += [f"can't be told apart: {alias}" for alias in fraction.aliases]
    if not fraction.aliases:
        lines.append("main effects and interactions of two are all separate, if those of three are nothing")
    return lines


def _one_look(plan: Plan) -> list[str]:
    """What the study's number of seeds can show, and when it would be judged with more."""
    shows, claims, looks = plan.shows.effects, plan.shows.claims, plan.study.looks
    seeds = len(plan.study.seeds)
    lines = _effects(plan, shows) if isinstance(shows, DesignProspect) else _pairs(plan, shows)
    if claims is not None:
        lines.append(_claims(claims, plan))
    if later := [count for count in looks.counts if count > seeds]:
        more = ", ..." if len(later) > MOST_LOOKS else ""
        at = ", ".join(map(str, later[:MOST_LOOKS]))
        lines.append(f"seeds may be added: the next looks are at {at}{more} seeds")
    return lines


def _pairs(plan: Plan, shows: Prospect) -> list[str]:
    """What this number of seeds can show of pairs of runs."""
    seeds = counted(shows.n, "seed")
    if shows.n < 2:
        return [f"{seeds}: no interval and no test; nothing can be shown"]
    lines = []
    if not shows.sign_flips_can_answer:
        lines.append(
            f"{seeds} can't reach p < {shows.alpha:g} by flipping signs, whatever comes out: the smallest two-sided p "
            f"is {shows.smallest_sign_flip_p:.3g}; {seeds_for_sign_flip(shows.alpha)} can"
        )
    lines.append(spread_in_words(plan.spread, plan.spread.pair, "a paired difference", plan.study.rule))
    if shows.detectable_shown is not None:
        smallest = found(shows.detectable_shown, plan.study.rule)
        joint = ", " if plan.asked.further else " and "
        lines.append(f"{seeds}{joint}{asked(plan)} would show {often(plan.study.rule)}: {smallest}")
    return lines


def _effects(plan: Plan, shows: DesignProspect) -> list[str]:
    """What this number of seeds can show of main effects, and of interactions of two."""
    seeds, df = counted(shows.seeds, "seed"), shows.degrees_of_freedom
    runs = f"{seeds}, {counted(shows.runs, 'run')} and {asked(plan)}"
    if not df:
        return [f"{runs}: no degree of freedom is left, so no interval and no test; nothing can be shown"]
    lines = [spread_in_words(plan.spread, plan.spread.run, "a run", plan.study.rule)]
    if shows.main_shown is None:
        return lines
    lines.append(
        f"{runs} leave {df} degree{'' if df == 1 else 's'} of freedom and would show {often(plan.study.rule)}: "
        f"of a main effect {found(shows.main_shown, plan.study.rule)}"
    )
    if shows.interaction_shown is None:
        lines[-1] += "; no interaction of two has a number of its own"
    else:
        ratio = " (of the ratios)" if plan.study.rule.scale == "log" else ""
        lines[-1] += f"; of an interaction{ratio} {found(shows.interaction_shown, plan.study.rule)}"
    return lines


def _claims(shows: Prospect, plan: Plan) -> str:
    """What this number of seeds can show of claims about two arms, which a factorial design has besides."""
    smallest = "not known" if shows.detectable_shown is None else found(shows.detectable_shown, plan.study.rule)
    return f"of two arms, for claims: {smallest}"


def _show_advice(plan: Plan) -> None:
    """Print what other designs could show with as many runs."""
    study = plan.study
    runs = len(study.arms) * len(study.seeds)
    table = Table(
        title=f"designs of these {len(study.factors)} factors in {runs} runs, and what they would find "
        f"{often(study.rule)}"
    )
    for heading in ADVICE:
        table.add_column(heading, justify="right" if heading in ADVICE[1:5] else "left")
    for one in plan.alternatives:
        row = (one.design, str(one.arms), str(one.seeds), str(one.runs), duration(one.seconds))
        table.add_row(*row, *_smallest(one, study.rule), "" if one.forbidden else one.aliased)
    out.print(table)
    for one in plan.alternatives:
        if one.forbidden:
            say(f"{one.design} can't be: {one.forbidden}")
        elif finds_nothing(one.main, study.rule) and not finds_nothing(one.main_of_one_more, study.rule):
            more = f"{one.design} with {counted(one.seeds + 1, 'seed')}, {one.arms * (one.seeds + 1)} runs"
            say(f"{more}, would find {short(one.main_of_one_more, study.rule)}")


def _smallest(one: Alternative, rule: Rule) -> tuple[str, str]:
    """The smallest factor of a trick and of an interaction that the design would find."""
    if one.forbidden:
        return "can't be, see below", ""
    if not one.seeds:
        return "nothing (more arms than runs)", ""
    if not one.degrees_of_freedom:
        return NO_FREEDOM, ""
    return short(one.main, rule), short(one.interaction, rule)


def _times_from(plan: Plan) -> str:
    """Which of the times are those of runs, and on what these ran; which were measured, or are those of other arms."""
    by_source: dict[str, list[str]] = {}
    for name, cost in plan.costs.items():
        by_source.setdefault(cost.source, []).append(name)
    recorded = by_source.get("recorded", [])
    parts = []
    if recorded:
        runs = counted(sum(plan.costs[name].recorded_runs for name in recorded), "run")
        kinds = dict.fromkeys(kind for name in recorded for kind in plan.costs[name].kinds)
        on = f" on {', '.join(kinds)}" if kinds and plan.cluster is not None else ""
        of = f" of {_named(recorded)}" if len(by_source) > 1 else ""
        parts.append(f"recorded in {runs}{of}{on}")
    if measured := by_source.get("measured"):
        here = " on this machine" if plan.cluster is not None else ""
        parts.append(f"measured just now{here} " + (f"for {_named(measured)}" if recorded else "for a moment each"))
    if others := by_source.get("other arms"):
        parts.append(f"a step of {_named(others)} taken to last as long")
    if unknown := by_source.get("unknown"):
        parts.append(f"not known of {_named(unknown)}")
    return f"times: {'; '.join(parts)}"


def _named(arms: Sequence[str]) -> str:
    more = len(arms) - MOST_NAMES
    return ", ".join(arms[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
