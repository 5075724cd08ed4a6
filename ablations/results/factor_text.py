"""The readable value of each factor in each arm: 'off', or what switching it on sets, such as '0.1' or 'D'.

A study says which factors are on; what a factor means is read from the configurations: the settings in which two arms
differ that differ in this factor only, in one block of a study across several settings. A factor that never stands
alone in that way is just 'on'.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ablations.study.setting_text import OFF, ON, plain_text, setting_text


class FactorFacts(NamedTuple):
    """What this module needs of an arm: which factors are on, and the resolved settings as plain data."""

    factors: Mapping[str, bool]
    config: Mapping[str, Any]
    searched: Sequence[str] = ()  # what a search varies besides them, SETTING or TRICK.OPTION
    texts: Mapping[str, str] | None = None  # of the tricks that are on, if they are known
    block: str = ""  # of a study across several settings


def factor_values(arms: Sequence[FactorFacts]) -> list[dict[str, str]]:
    """For each arm the text of each of its factors.

    In a search two arms seldom differ in one factor only: a factor is on or off, and what is varied has its value.
    """
    moved = {} if any(arm.searched for arm in arms) else _moved(arms)
    return [
        {name: _text(moved.get(name, ()), arm) if on else OFF for name, on in arm.factors.items()}
        | {name: _searched_text(name, arm) for name in arm.searched}
        for arm in arms
    ]


def _searched_text(name: str, arm: FactorFacts) -> str:
    setting, _, option = name.partition(".")
    value = arm.config.get(setting)
    if not option:
        return setting_text(setting, value, arm.texts)
    return OFF if value is None else plain_text(value[option])


def _moved(arms: Iterable[FactorFacts]) -> dict[str, tuple[str, ...]]:
    """For each factor the settings that it changes, in the order of the configuration."""
    by_factors = {(arm.block, frozenset(k for k, on in arm.factors.items() if on)): arm.config for arm in arms}
    moved: dict[str, dict[str, None]] = {}
    for (block, on), config in by_factors.items():
        for name in on:
            if (without := by_factors.get((block, on - {name}))) is not None:
                keys = [k for k in {**config, **without} if k != "seed" and config.get(k) != without.get(k)]
                moved.setdefault(name, {}).update(dict.fromkeys(keys))
    return {name: tuple(keys) for name, keys in moved.items()}


def _text(keys: Sequence[str], arm: FactorFacts) -> str:
    texts = [(key, setting_text(key, arm.config.get(key), arm.texts)) for key in keys]
    if not texts:
        return ON
    if len(texts) == 1:
        return texts[0][1]
    return " ".join(f"{key}={text}" for key, text in texts)
