"""The settings of factors together with a baseline: resolved, with all problems in them."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gan_core.config import resolve
from gan_core.plugins.loaded import entries
from gan_core.problems import Problem, RuleError, UserError, shown
from gan_core.schema.configuration import Config

Settings = Mapping[str, Any]
Where = tuple[str | int, ...]


class StudyFactor(NamedTuple):
    """What switching the factor on sets, and where in the study file that is written."""

    settings: Settings
    where: Where


class Resolved(NamedTuple):
    """The configuration of the settings that are right, these settings, and the problems of the others."""

    config: Config
    settings: Settings
    mistakes: list[Problem]  # of a setting by itself
    forbidden: list[Problem]  # of settings together

    @property
    def wrong(self) -> list[Problem]:
        return [*self.mistakes, *self.forbidden]


def resolved(settings: Settings, named: Collection[str] | None = None) -> Resolved:
    """Resolve the settings.

    What is wrong is taken out until nothing is, since rules are checked only when types are right. `named`: the
    settings that must have an effect, see `gan_core.config.resolve`.
    """
    mistakes: list[Problem] = []
    forbidden: list[Problem] = []
    while True:
        try:
            return Resolved(resolve(settings, named), settings, mistakes, forbidden)
        except UserError as error:
            wrong = {str(p.where[0]) for p in error.problems if p.where} & settings.keys()
            if not wrong:
                raise
            (forbidden if isinstance(error, RuleError) else mistakes).extend(error.problems)
            settings = without(settings, wrong)


def merged(baseline: Settings, on: Sequence[str], factors: Mapping[str, StudyFactor]) -> dict[str, Any]:
    """The baseline's settings, replaced by those of the factors that are on."""
    settings = dict(baseline)
    for name in on:
        settings |= factors[name].settings
    return settings


def named_by(on: Iterable[str], factors: Mapping[str, StudyFactor]) -> set[str]:
    """The settings that these factors name."""
    return {key for name in on for key in factors[name].settings}


def without(settings: Settings, keys: set[str]) -> Settings:
    """The settings without these keys."""
    return {key: value for key, value in settings.items() if key not in keys}


def clashes(on: Sequence[str], factors: Mapping[str, StudyFactor]) -> list[str]:
    """Two factors that set one key to different values, in words."""
    setters: dict[str, list[str]] = {}
    for name in on:
        for key in factors[name].settings:
            setters.setdefault(key, []).append(name)
    found = []
    for key, names in setters.items():
        if len(names) == 1:
            continue
        meanings = {name: _meaning(key, factors[name].settings[key]) for name in names}
        for first, second in itertools.combinations(names, 2):
            if meanings[first] != meanings[second]:
                values = (shown(factors[name].settings[key]) for name in (first, second))
                found.append(f"{first} and {second} both set {key}, to {' and '.join(values)}")
    return found


def _meaning(key: str, value: Any) -> Any:
    """What a setting resolves to, so that two ways of writing it are equal; a wrong one is kept as it was written."""
    try:
        return resolve({"use": entries(), key: value}).plain().get(key)
    except UserError:
        return value
