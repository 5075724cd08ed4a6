"""What goes with what, and what needs how long a run: conditions on the whole configuration, kept as data next to what
they are about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from gan_core.schema.configuration import Config

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Compatibility:
    """A condition on the whole configuration, and the reason why it must (or should) hold.

    `names`: what the text ends with, where that depends on what is registered.
    """

    text: str
    holds: Callable[[Config], bool]
    reason: str
    severity: Severity = "error"
    names: Callable[[], Iterable[str]] | None = None

    @property
    def words(self) -> str:
        """The condition in words."""
        return self.text if self.names is None else self.text + ", ".join(self.names())


@dataclass(frozen=True)
class Reach:
    """The smallest budget within which an option can act as it says. A shorter run is warned of, never refused."""

    option: str
    from_kimg: Callable[[Config], float]  # 0 where any budget will do
    shorter: str  # what happens in a shorter run
    instead: Callable[[Config], str]  # what to set in a shorter run

    def holds(self, config: Config) -> bool:
        """Whether the budget is large enough."""
        return self.from_kimg(config) <= config.budget_kimg

    def warning(self, config: Config) -> str:
        """Of a budget that is too small: how large it would have to be, what happens, and what to set instead."""
        return (
            f"acts only from a budget of {_rounded(self.from_kimg(config))} kimg on, and this one is "
            f"{_rounded(config.budget_kimg)}: {self.shorter}; {self.instead(config)}"
        )


def _rounded(kimg: float) -> str:
    """Four digits: '10000', '886.8', '0.08'."""
    return f"{float(f'{kimg:.4g}'):g}"
