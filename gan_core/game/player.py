"""The two players, and the clock of a run."""

from dataclasses import dataclass
from typing import Literal

Player = Literal["G", "D"]


@dataclass
class Clock:
    """How far the run has come. The trainer advances it; tricks read it, so a schedule needs no state of its own."""

    step: int = 0
    images: int = 0

    @property
    def kimg(self) -> float:
        """Thousands of real images shown to D."""
        return self.images / 1000
