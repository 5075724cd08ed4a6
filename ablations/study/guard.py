"""`guard:` in a study file: metrics that an arm must not lose more of than a margin, whatever it does for the FID."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ablations.study.arm import Arm
from ablations.study.claims.arm_lookup import measured_in
from gan_core.evaluation.metrics import METRICS
from gan_core.evaluation.names import BETTER
from gan_core.problems import Problem, nearest_name, shown

RANKED = "fid"
SHOWN = 3  # arms that a message names
EXAMPLE = "a metric and the loss that is accepted, in the metric's own units, such as {recall: 0.05}"


def _margins(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(EXAMPLE)
    return value


_SCHEMA = {"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}}
# metric -> what stands for its margin
GuardWords = Annotated[dict[str, Any], BeforeValidator(_margins), WithJsonSchema(_SCHEMA)]


def read_guard(written: Mapping[str, Any], arms: Sequence[Arm]) -> tuple[dict[str, float], list[Problem]]:
    """The margins by metric, and what is wrong with the others."""
    margins: dict[str, float] = {}
    problems = []
    for metric, margin in written.items():
        if problem := _problem(metric, margin, arms):
            problems.append(problem)
        else:
            margins[metric] = float(margin)
    return margins, problems


def _problem(metric: str, margin: Any, arms: Sequence[Arm]) -> Problem | None:
    where = ("guard", metric)
    others = [name for name in BETTER if name != RANKED]
    if metric == RANKED:
        return Problem(
            "the FID is what arms are ranked by, and its margin is `rule: {margin: ...}`", where, ", ".join(others)
        )
    if metric not in BETTER:
        message = f"no metric is called {shown(metric)}"
        return Problem(message, where, ", ".join(others), nearest_name(metric, others))
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not 0 < margin < float("inf"):
        return Problem(f"{shown(margin)} is no margin", where, "a number above 0, in the metric's own units")
    lowest, highest = METRICS[metric].bounds
    if margin >= highest - lowest:
        message = f"{shown(margin)} is more than {metric} can lose, which is between {lowest:g} and {highest:g}"
        return Problem(message, where, f"a number above 0 and below {highest - lowest:g}")
    by_name = {arm.name: arm for arm in arms}
    if unscored := [arm.name for arm in arms if arm.config.extractor == "none"]:
        return Problem(f"{_some(unscored)} has no scores at all (`extractor: none`)", where, "a run with scores")
    if lacking := list(measured_in(by_name, list(by_name), metric)):
        measured = ", ".join(by_name[lacking[0]].config.metrics)
        message = f"{metric!r} is not measured in {_some(lacking)}"
        if METRICS[metric].needs_labels and not all(by_name[name].config.conditional for name in lacking):
            return Problem(message, where, "a score that needs no labels, or `conditional: true` in every arm")
        return Problem(message, where, f"`metrics: [{measured}, {metric}]` in the baseline")
    return None


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
