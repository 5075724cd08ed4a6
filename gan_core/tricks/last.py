"""The last value of a tensor, which a trick keeps for its dose."""

from torch import Tensor


class Last:
    """Always in the same memory, so that an update that was recorded writes there too when it is replayed.

    Networks are made on the CPU, and may see a first batch there, before they move to the device of the run.
    """

    def __init__(self) -> None:
        self.value: Tensor | None = None  # None: there was none yet

    def keep(self, value: Tensor) -> None:
        """Take the value's place; its graph is not kept."""
        if self.value is None or (self.value.shape, self.value.device) != (value.shape, value.device):
            self.value = value.detach().clone()
        else:
            self.value.copy_(value.detach())
