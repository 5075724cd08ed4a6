"""What goes with what: conditions on the whole configuration, kept as data beside what they are about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gan_core.problems import Problem

if TYPE_CHECKING:
    from gan_core.config import Config

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """A condition on the whole configuration, with the reason why it must (or should) hold."""

    text: str
    holds: Callable[["Config"], bool]
    reason: str
    severity: Severity = "error"


def broken_rules(config: "Config", severity: Severity) -> list[Problem]:
    """The needs and exclusions of what is on and that this configuration breaks."""
    return [
        Problem(f"{word} {rule.text} ({rule.reason})", where=(owner,))
        for owner, word, rule in config.rules()
        if rule.severity == severity and not rule.holds(config)
    ]
