"""A resolved setting in few words, for tables: '0.1', 'off', 'D until=0.5'."""

from collections.abc import Mapping
from typing import Any

OFF = "off"
ON = "on"


def plain_text(value: Any) -> str:
    """One value that is no trick's options."""
    if value is None or value is False:
        return OFF
    if value is True:
        return ON
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting_text(key: str, value: Any, texts: Mapping[str, str] | None = None) -> str:
    """A setting, a trick's options as `texts` has them, by name.

    Where `texts` does not, the trainer is asked what their defaults are, which takes the seconds of importing torch.
    """
    if not isinstance(value, Mapping):
        return plain_text(value)
    if texts is not None and key in texts:
        return texts[key]
    from ablations.trick_texts import trick_text

    return trick_text(key, value)
