"""What a study will do, what it will cost, and what its seeds can show. It is drawn in `terminal/plan.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from ablations.execution.estimate import ArmCost, arm_costs, cost_by_others, study_seconds
from ablations.execution.places import resources_elsewhere
from ablations.execution.recorded_costs import recorded_costs
from ablations.execution.reuse import Twin, reused_from_others
from ablations.plan_advice import Alternative, alternatives
from ablations.plan_cluster import ClusterPlan, cluster_plan, why_not_measured
from ablations.plan_looks import PlannedLook, WhatSeedsShow, planned_looks, share_of_seeds, shown_at_the_end
from ablations.results.run_spread import RunSpread, run_spread
from ablations.search.exploration import Exploration
from ablations.study.arm import Arm
from ablations.study.cluster import ClusterNeeds
from ablations.study.questions import QuestionCount, question_count
from ablations.study.study import Study
from ablations.workspace.due_trials import LookAhead, due_trials, looks_ahead, stopped_arms
from ablations.workspace.opening import refuse_changes
from ablations.workspace.trials import Trial, progress_of
from ablations.workspace.workspace import Workspace
from gan_core.config.image_count import epochs_of, images_an_epoch
from gan_core.events import RESULTS
from gan_core.machine.resources import Resources

DRAWN = 4  # arms of a search, drawn from its space, whose cost is measured


class Showing(NamedTuple):
    """How often the budget of these arms shows each image. An image and its mirror image, with `mirror`, are two."""

    arms: tuple[str, ...]
    images: int  # an epoch
    epochs: float


@dataclass(frozen=True)
class Plan:
    """A study before it runs. `states`: of each trial; `reused`: the trials that another study has trained already.

    `trials`: all that there may be, if no further arm stops. `shows`: what the seeds can show at the last look that
    they suffice for; `looks`: at each look that the study declares. `alternatives`: what other designs could show with
    as many runs. `showings`: how often the budget shows each image, if that is known.
    """

    study: Study
    trials: tuple[Trial, ...]
    states: Mapping[str, str]
    reused: Mapping[str, Twin]
    resources: Resources
    costs: Mapping[str, ArmCost]
    seconds: float  # wall seconds for what is left to do; at most, where looks may stop an arm
    trials_to_come: int  # of a search, at most
    asked: QuestionCount
    spread: RunSpread
    shows: WhatSeedsShow
    looks: tuple[PlannedLook, ...]  # [] of a study that declares none
    ahead: tuple[LookAhead, ...]  # those of them to come
    stopped: Mapping[str, int]  # arms that get no more seeds, and how many they have
    alternatives: tuple[Alternative, ...]
    showings: tuple[Showing, ...]
    cluster: ClusterPlan | None = None  # of a study that trains on one

    def is_done(self, trial: Trial) -> bool:
        """Whether the trial has a result, here or in another study."""
        return self.states[trial.name] in RESULTS or trial.name in self.reused


def plan_of(
    study: Study,
    runs: Path,
    home: Path,
    resources: Resources,
    retrain: bool,
    cluster: tuple[str, ClusterNeeds] | None = None,
) -> Plan:
    """See which trials have results already, and what the others cost: by what is on record, else measured.

    `cluster`: what they train on and take of it; then `resources` are the places that this machine measures with, and
    nothing is prepared or downloaded: what can't be measured here is taken from other arms, or stays unknown, and what
    other studies have trained is not looked at.

    Raises UserError for a study that has results and has changed since: `run` refuses it.
    """
    refuse_changes(study, runs)
    workspace = Workspace(runs / study.name)
    if workspace.has_results():
        study = replace(study, looks=workspace.record().looks)  # as they were planned
    search = Exploration.of(study, workspace.root)
    ahead = looks_ahead(study, workspace.root) if study.looks.is_declared else ()
    may_come = [trial for look in ahead for trial in look.trials]
    trials = tuple(search or {t.name: t for t in (*due_trials(study, workspace.root), *may_come)}.values())
    states = {trial.name: progress_of(trial) for trial in trials}
    new = [] if retrain else [trial for trial in trials if states[trial.name] == "new"]
    reused = reused_from_others(new, runs, home, may_load=not cluster)
    to_do = [t for t in trials if states[t.name] not in RESULTS and t.name not in reused]
    to_come = search.most_to_come if search else 0
    arms = {arm.name: arm for arm in (*study.arms, *(trial.arm for trial in trials))}
    left = {trial.arm.name for trial in to_do} | (set(arms) if to_come else set())
    places = resources_elsewhere(*cluster, len(to_do) + to_come) if cluster else resources
    costs = recorded_costs(list(arms.values()), trials, left, runs, places, cluster=cluster is not None)
    if search and to_come and len(costs) < DRAWN:
        arms |= {arm.name: arm for arm in search.drawn(DRAWN)}
    unknown = [arm for arm in arms.values() if arm.name not in costs]
    why = why_not_measured(cluster[1], unknown, home) if cluster else ""
    if why:
        known = list(costs.values())
        costs |= {arm.name: cost_by_others(arm, known) for arm in unknown}
    else:
        costs |= arm_costs(unknown, resources)
    typical = _typical(costs)
    costs_left = [*(costs[trial.arm.name] for trial in to_do), *[typical] * to_come]
    ended = [trial.directory for trial in trials if states[trial.name] == "finished"]
    reference = study.arms[0]
    spread = run_spread(ended, study.name, reference.config.plain(), reference.name, study.rule, runs)
    asked = question_count(study)

    names = {trial.name for trial in to_do}

    def seconds(trials: Sequence[Trial]) -> float:
        return study_seconds([trial for trial in trials if trial.name in names], costs, places)

    def seconds_for(runs: int) -> float:
        return study_seconds([], costs, places, [typical] * runs)

    return Plan(
        study=study,
        trials=trials,
        states=states,
        reused=reused,
        resources=places,
        costs=costs,
        seconds=study_seconds(to_do, costs, places, [typical] * to_come),
        trials_to_come=to_come,
        asked=asked,
        spread=spread,
        shows=shown_at_the_end(study, spread),
        looks=planned_looks(study, workspace.root, spread, ahead, seconds),
        ahead=ahead,
        stopped=stopped_arms(study, workspace.root) if ahead else {},
        alternatives=alternatives(
            study, spread, seconds_for, lambda seeds: share_of_seeds(study.looks, seeds), asked.further
        ),
        showings=showings_of(tuple(arms.values())),
        cluster=None if cluster is None else cluster_plan(*cluster, costs_left, places, why),
    )


def showings_of(arms: Sequence[Arm]) -> tuple[Showing, ...]:
    """How often the arms' budgets show each image; arms that are alike in this stand together, in their order."""
    alike: dict[tuple[int, float], list[str]] = {}
    for arm in arms:
        images, epochs = images_an_epoch(arm.config), epochs_of(arm.config)
        if images is not None and epochs is not None:
            alike.setdefault((images, epochs), []).append(arm.name)
    return tuple(Showing(tuple(names), images, epochs) for (images, epochs), names in alike.items())


def _typical(costs: Mapping[str, ArmCost]) -> ArmCost:
    """The cost of a trial whose arm is not known yet: the mean over the arms that were measured."""
    return ArmCost(
        arm="",
        steps=round(fmean(cost.steps for cost in costs.values())),
        training_s=fmean(cost.training_s for cost in costs.values()),
        scoring_s=fmean(cost.scoring_s for cost in costs.values()),
    )
