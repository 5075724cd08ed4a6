"""The numbers of the optimizers that may move during a run: both learning rates, and Adam's decays of the moments.

Each is a function of how far the run has come, set before each step, so nothing is kept and a run resumes exactly.
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.game.player import Clock
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Ramp, number_at

RATES, DECAYS = ("lr_g", "lr_d"), ("beta1", "beta2")


class OptimizerNumbers:
    """Sets the rates and decays of the optimizers, by the name of their rate, before each step.

    After the last step of the budget the last rates of a schedule stay, and the ends of ramps.
    """

    def __init__(
        self, config: Config, optimizers: Mapping[str, torch.optim.Optimizer], clock: Clock, total_steps: int
    ) -> None:
        self._config, self._optimizers, self._clock, self._total_steps = config, optimizers, clock, total_steps
        self._schedule = SCHEDULES[config.lr_decay]
        self._decays_move = any(isinstance(getattr(config, name), Ramp) for name in DECAYS)

    def set(self) -> None:
        """Set the numbers of the next step."""
        step = min(self._clock.step, self._total_steps - 1)
        factor = self._schedule.factor(step / self._total_steps)
        for name, optimizer in self._optimizers.items():
            rate = self._now(name) * factor
            for group in optimizer.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate
                if self._decays_move and "betas" in group:
                    group["betas"] = (self._now("beta1"), self._now("beta2"))

    def keep_in_tensors(self) -> None:
        """From now on set rates that move in place, on the device, where a recorded update reads them.

        A GPU's fused optimizers read them as float32, so that there the last bits are others than with a number.
        """
        for name, optimizer in self._optimizers.items():
            if not rate_moves(self._config, name):
                continue
            for group in optimizer.param_groups:
                device = group["params"][0].device
                format = torch.float64 if device.type == "cpu" else torch.float32
                group["lr"] = torch.tensor(group["lr"], dtype=format, device=device)

    def now(self) -> dict[str, float]:
        """The rates of the last step."""
        return {name: float(optimizer.param_groups[0]["lr"]) for name, optimizer in self._optimizers.items()}

    def _now(self, name: str) -> float:
        return number_at(getattr(self._config, name), self._clock.kimg, self._config.budget_kimg)


def rate_moves(config: Config, name: str) -> bool:
    """Whether a learning rate ever changes."""
    return SCHEDULES[config.lr_decay].moves or isinstance(getattr(config, name), Ramp)


def fixed_when_recorded(config: Config) -> Iterator[str]:
    """The numbers that move and that a recorded update would keep as they were, each in words."""
    for rate, optimizer in (("lr_g", config.optimizer_g), ("lr_d", config.optimizer_d)):
        if rate_moves(config, rate) and not OPTIMIZERS[optimizer].reads_rate:
            cause = "is a ramp" if isinstance(getattr(config, rate), Ramp) else f"moves by lr_decay: {config.lr_decay}"
            yield f"{optimizer} takes its rate as a number, and {rate} {cause}"
    for decay in DECAYS:
        users = [name for name in (config.optimizer_g, config.optimizer_d) if decay in OPTIMIZERS[name].uses]
        if isinstance(getattr(config, decay), Ramp) and users:
            yield f"{users[0]} takes its decays as numbers, and {decay} is a ramp"
