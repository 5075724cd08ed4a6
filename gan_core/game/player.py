"""The two players, and how far the game is."""

from dataclasses import dataclass
from typing import Literal

Player = Literal["G", "D"]


@dataclass
class Clock:
    """How far the run is. The trainer advances it; tricks read it (a schedule needs no state of its own)."""

    step: int = 0
    images: int = 0

    @property
    def kimg(self) -> float:
        """Thousands of real images shown to D."""
        return self.images / 1000
