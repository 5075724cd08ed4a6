"""From the user's words to the record of a run: `resolve` is the one translator.

The level of a choice is a name in its registry. The fields of the tricks are made from the registry of tricks: None is
off, an options record is on.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError, create_model, model_validator

from gan_core.config.choices import (
    ActivationName,
    ArchitectureName,
    ConditioningDName,
    ConditioningGName,
    DataName,
    ExtractorName,
    InitialisationName,
    LastActivationName,
    LatentName,
    LossName,
    MetricNames,
    NormalisationName,
    OptimizerName,
    PrecisionName,
    ProgressMetricNames,
    ScalingName,
    ScheduleName,
    UseEntries,
)
from gan_core.config.code import not_loaded, unnamed_code
from gan_core.config.compatibility import (
    broken_rules,
    data_problems,
    network_problems,
    pair_problems,
    schedule_problems,
    score_problems,
    update_problems,
)
from gan_core.config.labels import idle_conditioning, label_problems
from gan_core.game.optimizers import OPTIMIZERS, idle_numbers
from gan_core.nets import ACTIVATIONS, ARCHITECTURES
from gan_core.problems import RuleError, UserError
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import is_ramp
from gan_core.schema.validation import problems_of
from gan_core.tricks import TRICKS, Trick

CHOICES: dict[str, Any] = {
    "data": DataName,
    "data_scaling": ScalingName,
    "architecture": ArchitectureName,
    "latent": LatentName,
    "activation_g": ActivationName,
    "activation_d": ActivationName,
    "norm_g": NormalisationName,
    "norm_d": NormalisationName,
    "initialisation_g": InitialisationName,
    "initialisation_d": InitialisationName,
    "last_activation_d": LastActivationName,
    "conditioning_g": ConditioningGName,
    "conditioning_d": ConditioningDName,
    "loss": LossName,
    "optimizer_g": OptimizerName,
    "optimizer_d": OptimizerName,
    "lr_decay": ScheduleName,
    "precision": PrecisionName,
    "extractor": ExtractorName,
    "metrics": MetricNames,
    "progress_extractor": ExtractorName | None,
    "progress_metrics": ProgressMetricNames,
    "use": UseEntries,
}


def _expanded(trick: Trick, value: Any) -> Any:
    """True is on with defaults, False is off, and a bare value, which may be a ramp, sets the main option."""
    if value is True:
        return {}
    if value is False or value is None:
        return None
    if isinstance(value, Record) or (isinstance(value, Mapping) and not is_ramp(value)):
        return value
    return {trick.main_option: value}


class _Settings(Config):
    @model_validator(mode="before")
    @classmethod
    def _fill(cls, settings: Any) -> Any:
        """Translate shorthands, and fill in the defaults that depend on another field."""
        if not isinstance(settings, Mapping):
            return settings
        filled = dict(settings)
        for trick in TRICKS.values():
            if trick.name in filled:
                filled[trick.name] = _expanded(trick, filled[trick.name])
        architecture = ARCHITECTURES.get(str(filled.get("architecture", "dcgan")))
        defaults = dict(architecture.defaults) if architecture is not None else {}
        for player in ("g", "d"):
            activation = ACTIVATIONS.get(str(filled.get(f"activation_{player}")))
            if activation is not None and activation.initialisation is not None:
                defaults[f"initialisation_{player}"] = activation.initialisation
            optimizer = OPTIMIZERS.get(str(filled.get(f"optimizer_{player}", "adam")))
            if optimizer is not None:
                defaults[f"weight_decay_{player}"] = optimizer.weight_decay
        return {**defaults, **filled}


def _field(name: str) -> Any:
    field = Config.model_fields[name]
    return Field(field.default, description=field.description)


def full_config() -> type[Config]:
    """The record of a run with a field for each trick that there is now."""
    return _full_config(TRICKS.version)


@lru_cache(maxsize=8)
def _full_config(version: int) -> type[Config]:
    made: type[Config] = create_model(  # type: ignore[call-overload]
        "Config",
        __base__=_Settings,
        **{name: (levels, _field(name)) for name, levels in CHOICES.items()},
        **{t.name: (t.options | None, Field(None, description=t.summary)) for t in TRICKS.values()},
    )
    return made


def _defaults(architecture: str) -> dict[str, Any]:
    """The value of each plain setting where only the architecture is named."""
    own = {name: field.default for name, field in Config.model_fields.items()}
    return {**own, **ARCHITECTURES[architecture].defaults}


def resolve(settings: Mapping[str, Any], named: Collection[str] | None = None) -> Config:
    """The configuration that these settings mean.

    `named`: the settings that were chosen for this configuration in particular; each of them must have an effect. None:
    all of them. Empty for a configuration that was recorded. An arm of a study names what it changes, so that it may
    have another optimizer than the one that the baseline's numbers are for.

    No file is run here: plug-ins that `use` names are loaded already (`gan_core.plugins.load`).

    Raises UserError with every problem in it; it is a RuleError where each setting is right by itself.
    """
    if missing := not_loaded(settings):
        raise UserError(*missing)
    try:
        config = (full := full_config()).model_validate(dict(settings))
    except ValidationError as error:
        raise UserError(*problems_of(error, full)) from None
    chosen, defaults = settings if named is None else named, _defaults(config.architecture)
    if problems := [
        *network_problems(config, settings),
        *pair_problems(config, chosen, defaults),
        *idle_numbers(config, chosen, defaults),
        *idle_conditioning(config, chosen),
        *data_problems(config),
        *label_problems(config),
        *score_problems(config),
        *schedule_problems(config),
        *update_problems(config),
        *broken_rules(config, "error"),
        *unnamed_code(config),
    ]:
        raise RuleError(*problems)
    return config
