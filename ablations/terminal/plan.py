"""What a study will do and cost, and what it can show."""

import sys
from collections.abc import Sequence

from rich.table import Table

from ablations.execution.reuse import reuse_note
from ablations.plan import Plan
from ablations.plan_advice import Alternative
from ablations.results.run_spread import RunSpread
from ablations.statistics import DesignProspect, Prospect, Rule
from ablations.statistics.significance import seeds_for_sign_flip
from ablations.study.designs import Fraction
from ablations.study.space.plan import SearchPlan
from ablations.terminal.console import duration, out, say, show_warnings

HEADINGS = ("arm", "factors on", "trials", "done", "steps", "training", "scoring", "a trial")
MOST_NAMES = 6
MOST_TIMES = 10.0  # no trick changes an FID more
ADVICE = ("design", "arms", "seeds", "runs", "about", "smallest effect", "of an interaction", "can't be told apart")
NO_FREEDOM = "nothing (0 degrees of freedom)"


def show_plan(plan: Plan) -> None:
    """Print arms, seeds, trials, what is confounded, what the seeds can show, and what it will cost."""
    study, resources = plan.study, plan.resources
    show_warnings(study.warnings)
    say(study.question)
    out.print(_arms(plan))
    if study.fraction is not None:
        for line in _confounded(study.fraction):
            say(line)
    if reused := reuse_note(plan.reused, len(plan.trials)):
        say(f"{reused}: `run` takes them over; --retrain trains them again")
    shows = plan.shows
    for line in _effects(plan, shows) if isinstance(shows, DesignProspect) else _pairs(plan, shows):
        say(line)
    if plan.claims_show is not None:
        say(_claims(plan.claims_show, plan.study.rule))
    if plan.alternatives:
        _show_advice(plan)
    say(_times_from(plan))
    left = sum(not plan.is_done(trial) for trial in plan.trials) + plan.trials_to_come  # of a search at most
    count = len(plan.trials) + plan.trials_to_come
    if study.search is not None:
        for line in _stages(study.search):
            say(line)
    say(
        f"{resources.workers} at a time on {', '.join(resources.devices)}, {resources.threads} thread(s) each: "
        f"about {duration(plan.seconds)} for the {left} of {count} trials that are left"
    )


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


def _pairs(plan: Plan, shows: Prospect) -> list[str]:
    """What this number of seeds can show of pairs of runs."""
    seeds = _counted(shows.n, "seed")
    if shows.n < 2:
        return [f"{seeds}: no interval and no test; nothing can be shown"]
    lines = []
    if not shows.sign_flips_can_answer:
        lines.append(
            f"{seeds} can't reach p < {shows.alpha:g} by flipping signs, whatever comes out: the smallest two-sided p "
            f"is {shows.smallest_sign_flip_p:.3g}; {seeds_for_sign_flip(shows.alpha)} can"
        )
    lines.append(_spread(plan.spread, plan.spread.pair, "a paired difference", plan.study.rule))
    if shows.detectable_shown is not None:
        tests, found = _counted(shows.comparisons, "comparison"), _found(shows.detectable_shown, plan.study.rule)
        lines.append(f"{seeds} and {tests} would show {_often(plan.study.rule)}: {found}")
    return lines


def _effects(plan: Plan, shows: DesignProspect) -> list[str]:
    """What this number of seeds can show of main effects, and of interactions of two."""
    seeds, df = _counted(shows.seeds, "seed"), shows.degrees_of_freedom
    runs = f"{seeds}, {_counted(shows.runs, 'run')} and {_counted(shows.comparisons, 'effect')}"
    if not df:
        return [f"{runs}: no degree of freedom is left, so no interval and no test; nothing can be shown"]
    lines = [_spread(plan.spread, plan.spread.run, "a run", plan.study.rule)]
    if shows.main_shown is None:
        return lines
    lines.append(
        f"{runs} leave {df} degree{'' if df == 1 else 's'} of freedom and would show {_often(plan.study.rule)}: "
        f"of a main effect {_found(shows.main_shown, plan.study.rule)}"
    )
    if shows.interaction_shown is None:
        lines[-1] += "; no interaction of two has a number of its own"
    else:
        ratio = " (of the ratios)" if plan.study.rule.scale == "log" else ""
        lines[-1] += f"; of an interaction{ratio} {_found(shows.interaction_shown, plan.study.rule)}"
    return lines


def _spread(spread: RunSpread, sd: float | None, of: str, rule: Rule) -> str:
    """How far runs are apart, and how that is known."""
    if sd is None:
        return "spread not known: no finished runs like these are here, so what can be shown is not known either"
    score = "log FID" if rule.scale == "log" else "FID"
    text = f"spread {sd:.2g} (sd of {of}, {score})"
    if spread.source == "assumed":
        return f"{text} assumed: no finished runs like these are here"
    runs = _counted(spread.runs, "run")
    return (
        f"{text} from this study's {runs}"
        if spread.source == "own"
        else f"{text} from study {spread.study} ({runs}) like it"
    )


def _claims(shows: Prospect, rule: Rule) -> str:
    """What this number of seeds can show of claims."""
    claims = f"of {_counted(shows.comparisons, 'claim')}, answered together"
    if shows.n < 2:
        return f"{claims}: nothing can be shown"
    return f"{claims}: {'not known' if shows.detectable_shown is None else _found(shows.detectable_shown, rule)}"


def _show_advice(plan: Plan) -> None:
    """Print what other designs could show with as many runs."""
    study = plan.study
    runs = len(study.arms) * len(study.seeds)
    table = Table(
        title=f"designs of these {len(study.factors)} factors in {runs} runs, and what they would find "
        f"{_often(study.rule)}"
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
        elif _finds_nothing(one.main, study.rule) and not _finds_nothing(one.main_of_one_more, study.rule):
            more = f"{one.design} with {_counted(one.seeds + 1, 'seed')}, {one.arms * (one.seeds + 1)} runs"
            say(f"{more}, would find {_short(one.main_of_one_more, study.rule)}")


def _smallest(one: Alternative, rule: Rule) -> tuple[str, str]:
    """The smallest factor of a trick and of an interaction that the design would find."""
    if one.forbidden:
        return "can't be, see below", ""
    if not one.seeds:
        return "nothing (more arms than runs)", ""
    if not one.degrees_of_freedom:
        return NO_FREEDOM, ""
    return _short(one.main, rule), _short(one.interaction, rule)


def _short(shown: float | None, rule: Rule) -> str:
    if shown is None:
        return "-"
    if rule.scale == "plain":
        return f"{shown:.3g}"
    return f"nothing below x{MOST_TIMES:g}" if _finds_nothing(shown, rule) else f"x{shown:.2f}"


def _finds_nothing(shown: float | None, rule: Rule) -> bool:
    return shown is None or shown > (MOST_TIMES if rule.scale == "log" else sys.float_info.max)


def _times_from(plan: Plan) -> str:
    """Which of the times are those of runs, and which were measured just now."""
    recorded = [name for name, cost in plan.costs.items() if cost.recorded_runs]
    measured = [name for name, cost in plan.costs.items() if not cost.recorded_runs]
    if not recorded:
        return "times: measured just now, for a moment each"
    runs = sum(plan.costs[name].recorded_runs for name in recorded)
    text = f"times: recorded in {runs} run{'' if runs == 1 else 's'}"
    return f"{text} of {_named(recorded)}; measured just now for {_named(measured)}" if measured else text


def _named(arms: Sequence[str]) -> str:
    more = len(arms) - MOST_NAMES
    return ", ".join(arms[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _found(shown: float, rule: Rule) -> str:
    """The smallest effect that would be found."""
    if rule.scale == "plain":
        return f"an FID {shown:.3g} from another or more"
    return "nothing below tenfold" if shown > MOST_TIMES else f"an FID {shown:.2f} times another or more"


def _often(rule: Rule) -> str:
    """How often: the rule's power."""
    return "4 times in 5" if rule.power == 0.8 else f"{100 * rule.power:g} times in 100"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
