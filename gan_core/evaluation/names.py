"""The metrics' names, in the order in which tables show them, and which way each is better.

Apart from how they are measured, so that whoever reads scores needs no torch.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from gan_core.registry import Registry

Direction = Literal["lower", "higher"]
DEFAULT = ("fid", "is")  # what is measured unless asked otherwise
_own: dict[str, Direction] = {
    "fid": "lower",
    "is": "higher",
    "kid": "lower",
    "fid_infinity": "lower",
    "precision": "higher",
    "recall": "higher",
    "density": "higher",
    "coverage": "higher",
    "classes": "higher",
    "class_kl": "lower",
    "authenticity": "higher",
    "class_fid": "lower",
    "class_coverage": "higher",
    "label_agreement": "higher",
}
BETTER: Registry[Direction] = Registry("metric", _own)
PREFIX = "class_share/"


def named(shares: Sequence[float]) -> dict[str, float]:
    """Shares in the classes' order -> numbers by name."""
    return {f"{PREFIX}{k}": share for k, share in enumerate(shares)}


def class_shares(diversity: Mapping[str, float]) -> tuple[float, ...]:
    """The shares in what `Diversity.result` gave, in the classes' order; () in older journals."""
    return tuple(share for name, share in diversity.items() if name.startswith(PREFIX))
