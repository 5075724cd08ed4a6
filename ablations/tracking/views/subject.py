"""The subject of a study's views in MLflow: arms, factors, the score on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ablations.results.results import METRIC
from ablations.tracking.params import trial_params
from ablations.workspace.trials import Trial
from gan_core.evaluation.extractors import NONE, find
from gan_core.evaluation.protocol import UNDERSTOOD, short_count
from gan_core.schema.configuration import Config


@dataclass(frozen=True)
class Contents:
    """The subject of the views: a study's trials, begun or not.

    `factors`: those that a chart can have as an axis. `score`: the metric of the FID on the way, None without one.
    `is_ranked`: whether there is a FID at the end. `seed`: the one whose pictures are shown next to each other.
    `pictured`: ids of the runs whose pictures are shown where the study has more than fit; () for all of that seed.
    """

    study: str
    arms: tuple[str, ...]
    trials: int
    factors: tuple[str, ...]
    score: str | None
    is_ranked: bool
    seed: int
    last_step: int  # images, at the end of the budget
    pictured: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()  # of a study across several settings


def subject_of(study: str, trials: Sequence[Trial], pictured: Sequence[str] = ()) -> Contents:
    """The subject of the views of these trials, in the study's order; there may be none."""
    params = trial_params(trials) if trials else {}
    factors = dict.fromkeys(name for trial in trials for name in trial.arm.factors)
    configs = [trial.config for trial in trials]
    return Contents(
        study=study,
        arms=tuple(dict.fromkeys(trial.arm.name for trial in trials)),
        trials=len(trials),
        factors=tuple(name for name in factors if _is_axis([p[name] for p in params.values() if name in p])),
        score=next((name for config in configs if (name := score_on_the_way(config)) is not None), None),
        is_ranked=any(config.extractor != NONE and METRIC in config.metrics for config in configs),
        seed=min((trial.seed for trial in trials), default=0),
        last_step=max((round(config.budget_kimg * 1000) for config in configs), default=0),
        pictured=tuple(pictured),
        blocks=tuple(dict.fromkeys(trial.arm.block for trial in trials if trial.arm.block)),
    )


def score_on_the_way(config: Config) -> str | None:
    """The metric's name under which the FIDs of a run's checkpoints are kept; None for a run without them."""
    name = config.progress_extractor or config.extractor
    if NONE in (name, config.extractor) or METRIC not in config.progress_metrics:
        return None
    extractor = find(name)
    digest = "" if extractor.digest == UNDERSTOOD else f"-{extractor.digest}"
    return f"score/{METRIC}{short_count(config.progress_samples)}_{extractor.name}{digest}"


def colours_of(arms: Sequence[str]) -> Mapping[str, str]:
    """A colour an arm, of Okabe and Ito's and Paul Tol's: the first one's dark, neighbours far from each other."""
    return {arm: COLOURS[place % len(COLOURS)] for place, arm in enumerate(arms)}


COLOURS = (
    *("#1F2328", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933"),
    *("#332288", "#AA4499", "#44AA99", "#CC6677", "#117733", "#88CCEE", "#999999"),
)


def _is_axis(values: Sequence[str]) -> bool:
    """MLflow drops the runs with numbers from an axis that has words, and the other way round."""
    numbers = [_is_number(value) for value in values]
    return len(set(values)) > 1 and (all(numbers) or not any(numbers))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
