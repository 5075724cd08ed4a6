"""The metrics' names, in the order in which tables show them, and which way each is better.

Apart from how they are measured, so that whoever reads scores needs no torch.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Direction = Literal["lower", "higher"]

DEFAULT = ("fid", "is")  # what is measured unless asked otherwise

BETTER: Mapping[str, Direction] = MappingProxyType(
    {
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
    }
)
