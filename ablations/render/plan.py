"""What a study will do and cost."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from ablations.estimate import ArmCost
from ablations.render.console import duration, out, say
from ablations.render.problems import show_warnings
from ablations.resources import Resources
from ablations.study import Study
from ablations.trials import Trial


def show_plan(
    study: Study,
    trials: Sequence[Trial],
    states: Mapping[str, str],
    resources: Resources,
    costs: Mapping[str, ArmCost],
    seconds: float,
) -> None:
    """Arms, seeds, trials, and what they will cost."""
    show_warnings(study.warnings)
    say(study.question)
    table = Table(title=f"{study.name}: {study.design}, seeds {', '.join(map(str, study.seeds))}")
    for heading in ("arm", "factors on", "trials", "done", "steps", "training", "scoring", "a trial"):
        table.add_column(heading, justify="left" if heading in ("arm", "factors on") else "right")
    for arm in study.arms:
        own = [trial for trial in trials if trial.arm.name == arm.name]
        done = sum(states[trial.name] in ("finished", "diverged") for trial in own)
        cost = costs[arm.name]
        on = [name for name, switched in arm.factors.items() if switched]
        table.add_row(
            arm.name,
            "all" if 1 < len(on) == len(arm.factors) else ", ".join(on),
            str(len(own)),
            str(done),
            str(cost.steps),
            *(duration(s) for s in (cost.training_s, cost.scoring_s, cost.total_s)),
        )
    out.print(table)
    say(
        f"{resources.workers} side by side on {', '.join(resources.devices)}, {resources.threads} thread(s) each: "
        f"about {duration(seconds)} for what is left"
    )
