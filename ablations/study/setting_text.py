"""A resolved setting in few words, for tables: '0.1', 'off', 'D until=0.5', '0.0002 → 5e-05 over 10 kimg'."""

from collections.abc import Mapping
from typing import Any

from gan_core.schema.ramp import is_ramp

OFF = "off"
ON = "on"


def plain_text(value: Any) -> str:
    """The text of a value that is not the options of a trick: a ramp without `over` runs over the whole budget."""
    if value is None or value is False:
        return OFF
    if value is True:
        return ON
    if is_ramp(value):
        return _ramp_text(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _ramp_text(ramp: Mapping[str, Any]) -> str:
    over = f" over {ramp['over']:g} kimg" if "over" in ramp else ""
    shape = f" ({ramp['shape']})" if "shape" in ramp else ""
    return f"{ramp['from']:g} → {ramp['to']:g}{over}{shape}"


def setting_text(key: str, value: Any, texts: Mapping[str, str] | None = None) -> str:
    """The text of a setting; for a trick's options it is in `texts`, by name.

    Where `texts` lacks them, their defaults come from the trainer, which takes the seconds of importing torch.
    """
    if not isinstance(value, Mapping) or is_ramp(value):
        return plain_text(value)
    if texts is not None and key in texts:
        return texts[key]

    return trick_text(key, value)


def trick_text(trick: str, options: Mapping[str, Any]) -> str:
    """The resolved options of one trick; for a trick that this version does not know, all options that are set."""
    (_, first), *others = options.items()
    from gan_core.tricks import TRICKS  # seconds: with torch

    fields = TRICKS[trick].options.model_fields if trick in TRICKS else {}
    changed = [(k, v) for k, v in others if v is not None and (k not in fields or fields[k].default != v)]
    return " ".join([plain_text(first), *(f"{k}={plain_text(v)}" for k, v in changed)])


def trick_texts(config: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the tricks that are on in this resolved configuration."""
    return {
        key: trick_text(key, value)
        for key, value in config.items()
        if isinstance(value, Mapping) and not is_ramp(value)
    }
