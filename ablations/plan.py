"""What a study will do, what it will cost, and what its seeds can show. It is drawn in `terminal/plan.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ablations.execution.estimate import ArmCost, arm_costs, study_seconds
from ablations.execution.preparation import prepare_data
from ablations.execution.recorded_costs import recorded_costs
from ablations.execution.reuse import Twin, reusable, twins_of
from ablations.plan_advice import Alternative, alternatives
from ablations.results.run_spread import RunSpread, run_spread
from ablations.search.exploration import Exploration
from ablations.statistics import DesignProspect, Prospect, design_model, design_prospect, prospect
from ablations.study.study import Study
from ablations.workspace.opening import refuse_changes
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core.events import RESULTS
from gan_core.machine.resources import Resources
from gan_core.problems import UserError

DRAWN = 4  # arms of a search, drawn from its space, whose cost is measured


@dataclass(frozen=True)
class Plan:
    """A study before it runs. `states`: of each trial; `reused`: the trials that another study has trained already.

    `shows`: what its seeds can show, of pairs of runs or, in a factorial design, of effects. `alternatives`: what other
    designs could, with as many runs.
    """

    study: Study
    trials: tuple[Trial, ...]
    states: Mapping[str, str]
    reused: Mapping[str, Twin]
    resources: Resources
    costs: Mapping[str, ArmCost]
    seconds: float  # wall seconds for what is left to do
    trials_to_come: int  # of a search, at most
    spread: RunSpread
    shows: Prospect | DesignProspect
    claims_show: Prospect | None  # of two arms, all claims being answered together; None without claims
    alternatives: tuple[Alternative, ...]

    def is_done(self, trial: Trial) -> bool:
        """Whether the trial has a result, here or in another study."""
        return self.states[trial.name] in RESULTS or trial.name in self.reused


def plan_of(study: Study, runs: Path, home: Path, resources: Resources, retrain: bool) -> Plan:
    """See which trials have results already, and what the others cost: by what is on record, else measured.

    Raises UserError for a study that has results and has changed since: `run` refuses it.
    """
    refuse_changes(study, runs)
    search = Exploration.of(study, runs / study.name)
    trials = tuple(search or trials_of(study, runs / study.name))
    states = {trial.name: progress_of(trial) for trial in trials}
    new = [] if retrain else [trial for trial in trials if states[trial.name] == "new"]
    reused = _reused(new, runs, home)
    to_do = [t for t in trials if states[t.name] not in RESULTS and t.name not in reused]
    to_come = search.most_to_come if search else 0
    arms = {arm.name: arm for arm in (*study.arms, *(trial.arm for trial in trials))}
    left = {trial.arm.name for trial in to_do} | (set(arms) if to_come else set())
    costs = recorded_costs(list(arms.values()), trials, left, runs, resources)
    if search and to_come and len(costs) < DRAWN:
        arms |= {arm.name: arm for arm in search.drawn(DRAWN)}
    costs |= arm_costs([arm for arm in arms.values() if arm.name not in costs], resources)
    typical = _typical(costs)
    ended = [trial.directory for trial in trials if states[trial.name] == "finished"]
    reference = study.arms[0]
    spread = run_spread(ended, study.name, reference.config.plain(), reference.name, study.rule, runs)
    return Plan(
        study=study,
        trials=trials,
        states=states,
        reused=reused,
        resources=resources,
        costs=costs,
        seconds=study_seconds(to_do, costs, resources, [typical] * to_come),
        trials_to_come=to_come,
        spread=spread,
        shows=shown_by(study, spread),
        claims_show=shown_of_claims(study, spread),
        alternatives=alternatives(study, spread, lambda runs: study_seconds([], costs, resources, [typical] * runs)),
    )


def shown_by(study: Study, spread: RunSpread, share: float = 1.0, borrowed: int = 0) -> Prospect | DesignProspect:
    """What the study's seeds can show: of effects in a factorial design or a part of one, else of pairs of runs.

    `share`: the part of alpha that this look has, where the study looks more than once. `borrowed`: degrees of freedom
    that pairs borrow from one another.
    """
    seeds = len(study.seeds)
    if study.design == "factorial" or study.fraction is not None:
        model = design_model([arm.factors for arm in study.arms])
        return design_prospect(model, seeds, study.rule, spread.run, share=share)
    comparisons = study.search.confirm.best if study.search is not None else len(study.arms) - 1
    return prospect(seeds, comparisons, study.rule, spread.pair, share=share, borrowed=borrowed)


def shown_of_claims(study: Study, spread: RunSpread, share: float = 1.0) -> Prospect | None:
    """What the seeds can show of two arms when all claims are answered together."""
    tested = sum(claim.test is not None for claim in study.claims)
    return prospect(len(study.seeds), tested, study.rule, spread.pair, share=share) if tested else None


def _typical(costs: Mapping[str, ArmCost]) -> ArmCost:
    """The cost of a trial whose arm is not known yet: the mean over the arms that were measured."""
    return ArmCost(
        arm="",
        steps=round(fmean(cost.steps for cost in costs.values())),
        training_s=fmean(cost.training_s for cost in costs.values()),
        scoring_s=fmean(cost.scoring_s for cost in costs.values()),
    )


def _reused(trials: list[Trial], runs: Path, home: Path) -> Mapping[str, Twin]:
    """The trials that another study has trained. The images are read only if there is a finished run to compare."""
    twins = twins_of(trials, runs)
    asked = [trial for trial in trials if trial.name in twins]
    try:
        return reusable(asked, twins, prepare_data(asked, home, _silent))
    except UserError:  # `run` will say so
        return {}


def _silent(text: str, share: float | None = None) -> None:
    """Ignore progress: reading prepared images takes a moment."""
