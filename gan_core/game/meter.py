"""Means of scalars over a tick: noted anywhere, without a device sync until they are taken."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Names = tuple[str, ...]


class Meter:
    """Sums of named scalars since the last `take`."""

    def __init__(self) -> None:
        self._sums: dict[str | Names, Tensor] = {}
        self._counts: dict[str | Names, int] = {}

    def note(self, name: str | Names, value: Tensor) -> None:
        """Add one scalar, or several at once, as a tuple of names and values [n] in the same order. No device sync."""
        value = value.detach().float()
        self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._counts[name] = self._counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """Return the means and start again from nothing; {} if nothing was noted."""
        if not self._sums:
            return {}
        sums = iter(torch.cat([total.reshape(-1) for total in self._sums.values()]).tolist())
        means = {
            name: next(sums) / self._counts[noted]
            for noted in self._sums
            for name in (noted if isinstance(noted, tuple) else (noted,))
        }
        self._sums, self._counts = {}, {}
        return means

    def state_dict(self) -> dict[str | Names, tuple[Any, int]]:
        """Sums and counts. This waits for the device, so it is for checkpoints only."""
        return {name: (total.tolist(), self._counts[name]) for name, total in self._sums.items()}

    def load_state_dict(self, state: dict[str | Names, tuple[Any, int]], device: torch.device) -> None:
        self._sums = {name: torch.tensor(total, device=device) for name, (total, _) in state.items()}
        self._counts = {name: count for name, (_, count) in state.items()}


class DoseMeter:
    """Means of scalars that are noted at every step and read once a tick, without a device sync in between.

    It belongs in the checkpoint, so that a tick that was interrupted has the same dose as one that was not.
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
