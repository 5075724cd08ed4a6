"""What a study will do, what it will cost, and what its seeds can show. It is drawn in `terminal/plan.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ablations.execution.estimate import ArmCost, arm_costs, study_seconds
from ablations.execution.preparation import prepare_data
from ablations.execution.recorded_costs import recorded_costs
from ablations.execution.reuse import Twin, reusable, twins_of
from ablations.search.exploration import Exploration
from ablations.statistics import Prospect, prospect
from ablations.study.study import Study
from ablations.workspace.opening import refuse_changes
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core.events import RESULTS
from gan_core.machine.resources import Resources
from gan_core.problems import UserError

DRAWN = 4  # arms of a search, drawn from its space, whose cost is measured
SPREADS = (0.05, 0.2)  # sd of the paired differences of log FID: the range that the main study's arms had


@dataclass(frozen=True)
class Plan:
    """A study before it runs. `states`: of each trial; `reused`: the trials that another study has trained already."""

    study: Study
    trials: tuple[Trial, ...]
    states: Mapping[str, str]
    reused: Mapping[str, Twin]
    resources: Resources
    costs: Mapping[str, ArmCost]
    seconds: float  # wall seconds for what is left to do
    trials_to_come: int  # of a search, at most
    comparisons: int
    prospects: tuple[Prospect, ...]  # of `pairs_of` pairs, for each of SPREADS
    claim_prospects: tuple[Prospect, ...]  # of the seeds' pairs; none without claims

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
    comparisons = comparisons_of(study)
    return Plan(
        study=study,
        trials=trials,
        states=states,
        reused=reused,
        resources=resources,
        costs=costs,
        seconds=study_seconds(to_do, costs, resources, [_typical(costs)] * to_come),
        trials_to_come=to_come,
        comparisons=comparisons,
        prospects=tuple(prospect(pairs_of(study), comparisons, study.rule, sd) for sd in SPREADS),
        claim_prospects=claim_prospects(study),
    )


def claim_prospects(study: Study) -> tuple[Prospect, ...]:
    """What the seeds can show of two arms when all claims are answered together, for each of SPREADS."""
    tested = sum(claim.test is not None for claim in study.claims)
    return tuple(prospect(len(study.seeds), tested, study.rule, sd) for sd in SPREADS) if tested else ()


def comparisons_of(study: Study) -> int:
    """How many tests make up the study's answer: arms against another arm, or effects and two-way interactions."""
    if study.search is not None:
        return study.search.confirm.best
    factors = len(study.factors)
    if study.design == "factorial":
        return factors + factors * (factors - 1) // 2
    if study.fraction is not None:
        return study.fraction.told_apart
    return len(study.arms) - 1


def pairs_of(study: Study) -> int:
    """How many pairs of runs, with and without something, one comparison has.

    One pair a seed; in a factorial design or a fraction of one each effect is seen in all arms, half of them with it.
    """
    seen = len(study.arms) // 2 if study.design == "factorial" or study.fraction is not None else 1
    return len(study.seeds) * seen


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
