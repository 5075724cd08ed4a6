"""How long a run may be silent before it counts as hung."""

import math
import time
from dataclasses import dataclass
from typing import Self

from gan_core.problems import Problem, UserError

LEAST_S = 300.0
USUAL = 10.0  # times the longest that its events have taken so far
BUSY = 10.0  # times as long for a process that computes, but reports no event
LONGEST_PAUSE_S = 1.0
FEWEST_S = 10.0  # that a user may ask for: signs of life come every two seconds
OPTION = "--patience"
HELP = "seconds without a sign of life until a run is ended and taken up again [default 10 times its event, >= 300]"


@dataclass(frozen=True)
class Patience:
    """`seconds`: as the user has it; None: ten times its usual interval between events, at least five minutes."""

    seconds: float | None = None

    @classmethod
    def of(cls, seconds: float | None) -> Self:
        """What the command line says; None where it says nothing. Raises UserError."""
        if seconds is not None and not FEWEST_S <= seconds < math.inf:
            raise UserError(Problem(f"{seconds:g} is out of range", (OPTION,), f">= {FEWEST_S:g} seconds"))
        return cls(seconds)

    def is_over(self, life: "Life") -> bool:
        """Whether this run is hung: no sign of life for so long, or signs but no event for ten times as long."""
        limit = self.limit(life)
        return life.without_a_sign > limit or life.without_an_event > BUSY * limit

    def limit(self, life: "Life") -> float:
        """The seconds without a sign of life that this run may take."""
        return max(LEAST_S, USUAL * life.longest) if self.seconds is None else self.seconds


USUAL_PATIENCE = Patience()


class Life:
    """When a run was last heard of, by the parent's waking hours.

    A parent that was itself stopped (Ctrl-Z, a laptop that sleeps) or kept busy has not listened meanwhile, so of the
    time between two looks no more than a second counts.
    """

    def __init__(self) -> None:
        self.longest = 0.0  # s between two events so far
        self.without_an_event = self.without_a_sign = 0.0  # s
        self._looked = time.monotonic()

    def look(self) -> None:
        """Let the time since the last look pass."""
        now = time.monotonic()
        passed = min(now - self._looked, LONGEST_PAUSE_S)
        self._looked = now
        self.without_an_event += passed
        self.without_a_sign += passed

    def sign(self) -> None:
        """It computes."""
        self.without_a_sign = 0.0

    def event(self) -> None:
        """It has reported an event."""
        self.longest = max(self.longest, self.without_an_event)
        self.without_an_event = self.without_a_sign = 0.0
