"""What each look of a study can show, and how long it is until then."""

from rich.table import Table

from ablations.plan import Plan
from ablations.plan_looks import PlannedLook
from ablations.statistics import DesignProspect
from ablations.terminal.console import duration, out, say
from ablations.terminal.plan_words import asked, counted, often, short, spread_in_words

HEADINGS = ("look", "seeds", "runs", "about", "of alpha", "smallest effect", "of an interaction", "of two arms")


def show_looks(plan: Plan) -> None:
    """Print a line for each look, and which arms get no more seeds."""
    study, spread = plan.study, plan.spread
    has_effects = isinstance(plan.shows.effects, DesignProspect)
    sd, of = (spread.run, "a run") if has_effects else (spread.pair, "a paired difference")
    say(spread_in_words(spread, sd, of, study.rule))
    stop = "an arm of which all is said gets no more seeds" if study.looks.stop == "decided" else "no arm stops"
    say(f"looks: at each, {asked(plan)} are tested together, by its share of alpha; {stop}")
    table = Table(title=f"what a look would find {often(study.rule)}")
    for heading in HEADINGS[: 8 if plan.shows.claims is not None else 7 if has_effects else 6]:
        table.add_column(heading, justify="right")
    for look in plan.looks:
        table.add_row(*_row(look, plan))
    out.print(table)
    if plan.stopped:
        stopped = ", ".join(f"{arm} (after {seeds})" for arm, seeds in plan.stopped.items())
        say(f"no more seeds, as all that was asked of them is decided or given up: {stopped}")


def _row(look: PlannedLook, plan: Plan) -> list[str]:
    shows, rule = look.shows, plan.study.rule
    about = duration(look.seconds) if look.state == "to come" else look.state
    row = [str(look.number), str(shows.seeds), str(look.runs), about, f"{100 * shows.share:.0f} %"]
    if not isinstance(shows.effects, DesignProspect):
        return [*row, short(shows.effects.detectable_shown, rule)]
    row += [short(shows.effects.main_shown, rule), short(shows.effects.interaction_shown, rule)]
    return row if shows.claims is None else [*row, short(shows.claims.detectable_shown, rule)]


def until_next_look(plan: Plan, left: int) -> str:
    """How long it takes until the next look of a study whose arms may stop, and until its last one at most."""
    to_come = [look for look in plan.looks if look.state == "to come"]
    if not to_come:
        return f"about {duration(plan.seconds)} for {counted(left, 'trial')}" if left else "nothing is left to train"
    first = to_come[0]
    trials = plan.ahead[0].trials
    due = counted(sum(not plan.is_done(trial) for trial in trials), "trial")
    is_new = all(plan.states[trial.name] == "new" for trial in plan.trials)
    what = "the first look" if is_new else f"what is left of look {first.number}"
    if len(to_come) == 1:
        return f"about {duration(first.seconds)} for {what}, the last one ({due})"
    return (
        f"about {duration(first.seconds)} for {what} ({due}), at most {duration(plan.seconds)} for all "
        f"{left}{'' if is_new else ' that may be left'}"
    )
