"""A plan as plain data: what `plan --json` prints. Every field is in docs/json.md."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ablations.plan import Plan, Showing
from ablations.plan_cluster import ClusterPlan
from ablations.plan_looks import WhatSeedsShow
from ablations.study.arm import Arm


def plan_content(plan: Plan) -> dict[str, Any]:
    """The plan without its drawing. Seconds are of this machine, or of the cluster that it is for."""
    study, done = plan.study, sum(plan.is_done(trial) for trial in plan.trials)
    arms = {arm.name: arm for arm in (*study.arms, *(trial.arm for trial in plan.trials))}
    showings = {name: showing for showing in plan.showings for name in showing.arms}
    return {
        "study": study.name,
        "question": study.question,
        "design": study.design,
        "seeds": study.seeds,
        "warnings": study.warnings,
        "arms": [_arm(arm, plan, showings) for arm in arms.values()],
        "trials": {
            "total": len(plan.trials) + plan.trials_to_come,
            "done": done,
            "of_other_studies": len(plan.reused),
            "left": len(plan.trials) - done + plan.trials_to_come,
        },
        "seconds": plan.seconds,
        "resources": {
            "workers": plan.resources.workers,
            "threads": plan.resources.threads,
            "devices": plan.resources.devices,
        },
        "spread": {"of_a_run": plan.spread.run, "of_a_pair": plan.spread.pair, "source": plan.spread.source},
        "shows": _shows(plan.shows),
        "looks": [
            {
                "number": look.number,
                "state": look.state,
                "runs": look.runs,
                "seconds": look.seconds,
                "shows": _shows(look.shows),
            }
            for look in plan.looks
        ],
        "stopped": plan.stopped,
        "cluster": {} if plan.cluster is None else _cluster(plan.cluster),
        "alternatives": [asdict(one) for one in plan.alternatives],
    }


def _arm(arm: Arm, plan: Plan, showings: Mapping[str, Showing]) -> dict[str, Any]:
    own, cost, showing = (
        [t for t in plan.trials if t.arm.name == arm.name],
        plan.costs[arm.name],
        showings.get(arm.name),
    )
    return {
        "arm": arm.name,
        "factors_on": [name for name, is_on in arm.factors.items() if is_on],
        "config": arm.config.plain(),
        "trials": len(own),
        "done": sum(plan.is_done(trial) for trial in own),
        "images_an_epoch": None if showing is None else showing.images,
        "epochs": None if showing is None else showing.epochs,
        "steps": cost.steps,
        "training_seconds": cost.training_s,
        "scoring_seconds": cost.scoring_s,
        "recorded_runs": cost.recorded_runs,
        "seconds_from": cost.source,
    }


def _cluster(cluster: ClusterPlan) -> dict[str, Any]:
    return {
        "executor": cluster.executor,
        "needs": cluster.needs.model_dump(),
        "nodes": cluster.nodes,
        "side_by_side": cluster.side_by_side,
        "at_once": cluster.at_once,
        "node_hours": cluster.node_hours,
        "gpu_hours": cluster.gpu_hours,
        "cpu_hours": cluster.cpu_hours,
        "longest_trial_seconds": cluster.longest_s,
        "jobs_a_trial": cluster.jobs_a_trial,
        "unknown": cluster.unknown,
    }


def _shows(shows: WhatSeedsShow) -> dict[str, Any]:
    """What so many seeds can show; a main effect and an interaction of a factorial design, else a pair of arms."""
    claims = None if shows.claims is None else asdict(shows.claims)
    return {"seeds": shows.seeds, "effects": asdict(shows.effects), "claims": claims}
