"""A trick's options in few words: its main one, then those that differ from their defaults: 'D', '0.1 until=0.5'."""

from collections.abc import Mapping
from typing import Any

from ablations.setting_texts import plain_text
from gan_core.tricks import TRICKS

_OPTIONS = {trick.name: trick.options for trick in TRICKS}


def trick_text(trick: str, options: Mapping[str, Any]) -> str:
    """The resolved options of one trick; all that are set of a trick that this version does not know."""
    (_, first), *others = options.items()
    fields = _OPTIONS[trick].model_fields if trick in _OPTIONS else {}
    changed = [(k, v) for k, v in others if v is not None and (k not in fields or fields[k].default != v)]
    return " ".join([plain_text(first), *(f"{k}={plain_text(v)}" for k, v in changed)])


def trick_texts(config: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the tricks that are on in this resolved configuration."""
    return {key: trick_text(key, value) for key, value in config.items() if isinstance(value, Mapping)}
