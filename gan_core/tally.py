"""What a trick noted since it was last asked, for its dose."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gan_core.meter import Meter


class Tally:
    """Means of scalars that are noted at every step and asked for once a tick: no device sync in between.

    It belongs into the checkpoint, so that a tick that was interrupted has the dose of one that was not.
    """

    def __init__(self, device: torch.device) -> None:
        self._meter = Meter()
        self._device = device

    def note(self, name: str, value: Tensor) -> None:
        """Add one scalar under this name."""
        self._meter.note(name, value)

    def dose(self) -> dict[str, float]:
        """The means since the last call; {} if nothing was noted."""
        return self._meter.take()

    def state_dict(self) -> dict[str, Any]:
        return {"meter": self._meter.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._meter.load_state_dict(state["meter"], self._device)
