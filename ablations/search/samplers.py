"""Samplers and pruners by name, as a study file names them.

A sampler is made again for every suggestion, its seed derived from the search's seed and the number of trials in the
storage: a seeded sampler that is made again after a crash would suggest the same points. `qmc` alone keeps one seed,
since its points are one sequence; the storage counts how many of them are used.
"""

import random
import warnings

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from ablations.study.designs.search_options import Explore, Scalar
from ablations.study.space import Choices, Range
from gan_core.schema.configuration import Config

FEWEST_STARTUP, MOST_STARTUP = 2, 10  # trials at random before a model of them is trusted
REDUCTION = 3  # hyperband: one in three goes on


def sampler_of(explore: Explore, trials: int, entered_again: int) -> BaseSampler:
    """The sampler of the next suggestion. `entered_again`: trials that an earlier storage has lost."""
    startup = max(FEWEST_STARTUP, min(MOST_STARTUP, explore.arms // 3))
    seed = derived_seed(explore.seed, trials)
    with warnings.catch_warnings(category=optuna.exceptions.ExperimentalWarning, action="ignore"):
        match explore.sampler:
            case "tpe":
                return optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup)
            case "gp":
                return optuna.samplers.GPSampler(seed=seed, n_startup_trials=startup, warn_independent_sampling=False)
            case "cmaes":
                return optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
            case "qmc":
                return optuna.samplers.QMCSampler(
                    scramble=True,
                    seed=derived_seed(explore.seed, entered_again),
                    independent_sampler=optuna.samplers.RandomSampler(seed=seed),
                    warn_independent_sampling=False,
                )
            case _:
                return optuna.samplers.RandomSampler(seed=seed)


def pruner_of(name: str, config: Config) -> BasePruner | None:
    """The pruner; None: nothing is stopped. A trial's steps are images; it may be stopped at a score on the way.

    `median`: from a third of the budget on, once three trials have come that far. `hyperband`: Li et al. 2018,
    arXiv:1603.06560, from the first score on.
    """
    images = round(config.budget_kimg * 1000)
    match name:
        case "median":
            return optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=images // 3)
        case "hyperband":
            first = max(1, images // config.progress_evaluations)
            return optuna.pruners.HyperbandPruner(min_resource=first, max_resource=images, reduction_factor=REDUCTION)
        case _:
            return None


def derived_seed(seed: int, count: int) -> int:
    """A seed below 2^31 that depends on both."""
    return random.Random(f"{seed}/{count}").getrandbits(31)


def suggested(asked: optuna.trial.Trial, dimension: Choices | Range) -> Scalar:
    """The sampler's choice: a label, or a number in the range."""
    name = dimension.name
    if isinstance(dimension, Choices):
        chosen = asked.suggest_categorical(name, dimension.labels)
        assert chosen is not None
        return chosen
    if dimension.whole:
        low, high, step = int(dimension.low), int(dimension.high), int(dimension.step or 1)
        return asked.suggest_int(name, low, high, step=step, log=dimension.log)
    return asked.suggest_float(
        name, float(dimension.low), float(dimension.high), step=dimension.step, log=dimension.log
    )
