"""The few parameters of a trial that a comparison of runs shows: who it is, its factors, and what differs."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablations.results.factor_text import FactorFacts, factor_values
from ablations.study.setting_text import setting_text
from ablations.workspace.trials import Trial

ALWAYS = ("data", "image_size", "architecture", "width", "loss", "batch_size", "budget_kimg")


def trial_params(trials: Sequence[Trial]) -> dict[str, dict[str, str]]:
    """The parameters of each trial, by name: arm, block, seed, every factor, the settings that differ within the study,
    and ALWAYS.
    """
    plain = [trial.config.plain() for trial in trials]
    facts = [
        FactorFacts(t.arm.factors, config, t.arm.searched, block=t.arm.block)
        for t, config in zip(trials, plain, strict=True)
    ]
    of_search = any(trial.stage is not None for trial in trials)  # nobody knows yet what will differ in the end
    values = [factor_values([fact])[0] for fact in facts] if of_search else factor_values(facts)
    shown = dict.fromkeys((*ALWAYS, *(() if of_search else varied_settings(plain))))
    return {
        trial.name: {
            "arm": trial.arm.name,
            **({"block": trial.arm.block} if trial.arm.block else {}),
            "seed": str(trial.seed),
            **({"stage": trial.stage} if trial.stage is not None else {}),
            **factors,
            **{key: setting_text(key, config.get(key)) for key in shown},
        }
        for trial, config, factors in zip(trials, plain, values, strict=True)
    }


def varied_settings(configs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The settings, seed aside, that are not the same in all configurations, in their order."""
    keys = dict.fromkeys(key for config in configs for key in config if key != "seed")
    return tuple(k for k in keys if any(config.get(k) != configs[0].get(k) for config in configs))
