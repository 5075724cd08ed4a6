"""Means of scalars over a tick: noted anywhere, without a device sync until they are taken."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Names = tuple[str, ...]


class Meter:
    """Sums of named scalars since the last `take`, and in `counts` how often each of them was noted.

    A sum keeps its memory and is added to in place, so that an update that was recorded adds to it again when it is
    replayed. Counts are Python's: whoever replays has to count too.
    """

    def __init__(self) -> None:
        self._sums: dict[str | Names, Tensor] = {}  # also of what was noted before the last `take`, at 0 then
        self.counts: dict[str | Names, int] = {}

    def note(self, name: str | Names, value: Tensor) -> None:
        """Add one scalar, or several at once, as a tuple of names and values [n] in the same order. No device sync."""
        value = value.detach().float()
        if name in self._sums:
            self._sums[name].add_(value)
        else:
            self._sums[name] = value.clone()
        self.counts[name] = self.counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """Return the means and start again from nothing; {} if nothing was noted."""
        if not self.counts:
            return {}
        sums = iter(torch.cat([self._sums[noted].reshape(-1) for noted in self.counts]).tolist())
        means = {
            name: next(sums) / count
            for noted, count in self.counts.items()
            for name in (noted if isinstance(noted, tuple) else (noted,))
        }
        self._clear()
        return means

    def state_dict(self) -> dict[str | Names, tuple[Any, int]]:
        """Sums and counts. This waits for the device, so it is for checkpoints only."""
        return {name: (self._sums[name].tolist(), count) for name, count in self.counts.items()}

    def load_state_dict(self, state: dict[str | Names, tuple[Any, int]], device: torch.device) -> None:
        """Sums that are there already keep their memory."""
        self._clear()
        for name, (total, count) in state.items():
            self.note(name, torch.tensor(total, device=device))
            self.counts[name] = count

    def _clear(self) -> None:
        if self._sums:
            torch._foreach_zero_(list(self._sums.values()))
        self.counts = {}


class DoseMeter:
    """Means of scalars that are noted at every step and read once a tick, without a device sync in between.

    It belongs in the checkpoint, so that a tick that was interrupted has the same dose as one that was not.
    """

    def __init__(self, device: torch.device) -> None:
        self.meter = Meter()
        self._device = device

    def note(self, name: str, value: Tensor) -> None:
        """Add one scalar under this name."""
        self.meter.note(name, value)

    def dose(self) -> dict[str, float]:
        """The means since the last call; {} if nothing was noted."""
        return self.meter.take()

    def state_dict(self) -> dict[str, Any]:
        return {"meter": self.meter.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.meter.load_state_dict(state["meter"], self._device)
