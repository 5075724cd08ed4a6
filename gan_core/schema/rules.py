"""What goes with what: conditions on the whole configuration, kept as data next to what they are about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gan_core.schema.configuration import Config

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Compatibility:
    """A condition on the whole configuration, and the reason why it must (or should) hold."""

    text: str
    holds: Callable[[Config], bool]
    reason: str
    severity: Severity = "error"
