"""What a study will do and cost, and what it can show."""

import math
from collections.abc import Sequence

from rich.table import Table

from ablations.execution.reuse import reuse_note
from ablations.plan import Plan
from ablations.statistics import Prospect
from ablations.statistics.significance import seeds_for_sign_flip
from ablations.study.designs import Fraction
from ablations.study.space.plan import SearchPlan
from ablations.terminal.console import duration, out, say, show_warnings

HEADINGS = ("arm", "factors on", "trials", "done", "steps", "training", "scoring", "a trial")
MOST_NAMES = 6
MOST_TIMES = 10.0  # no trick changes an FID more


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
    for line in _prospects(plan):
        say(line)
    if plan.claim_prospects:
        say(_claims(plan))
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


def _prospects(plan: Plan) -> list[str]:
    """Print what this number of seeds can show."""
    first, count = plan.prospects[0], len(plan.study.seeds)
    seeds = f"{count} seed{'' if count == 1 else 's'}"
    if first.n != count:
        seeds += f", {first.n} pairs with and without a factor,"
    if first.n < 2:
        return [f"{seeds}: no interval and no test; nothing can be shown"]
    lines = []
    if not first.sign_flips_can_answer:
        lines.append(
            f"{seeds} can't reach p < {first.alpha:g} by flipping signs, whatever comes out: the smallest two-sided p "
            f"is {first.smallest_sign_flip_p:.3g}; {seeds_for_sign_flip(first.alpha)} can"
        )
    spreads = "; ".join(f"where pairs spread by {p.sd:g}, {_times(p)}" for p in plan.prospects)
    tests = f"{first.comparisons} comparison{'' if first.comparisons == 1 else 's'}"
    lines.append(f"{seeds} and {tests} would show 4 times in 5 (spread: sd of log FID): {spreads}")
    return lines


def _claims(plan: Plan) -> str:
    """Print what this number of seeds can show of claims."""
    first = plan.claim_prospects[0]
    spreads = "; ".join(f"where pairs spread by {p.sd:g}, {_times(p)}" for p in plan.claim_prospects)
    return f"of {first.comparisons} claim{'' if first.comparisons == 1 else 's'}, answered together: {spreads}"


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


def _times(prospect: Prospect) -> str:
    ratio = prospect.detectable_shown or math.inf
    return "nothing below tenfold" if ratio > MOST_TIMES else f"an FID {ratio:.2f} times another or more"
