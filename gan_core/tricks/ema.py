"""EMA of G: images are drawn from a moving average of G's weights, which the game itself never sees.

The players circle around their equilibrium; an average of G lies nearer to its centre. Yazıcı et al. 2019, "The Unusual
Effectiveness of Averaging in GAN Training" (arXiv:1806.04498), section 3; Karras et al. 2018
(arXiv:1710.10196), appendix A. After each step: average = beta average + (1 - beta) G, with beta either given or such
that a set of weights counts half after `half_life_kimg` thousand images shown to D. While the run is young, the
half-life is at most `ramp_up` times the images so far (StyleGAN2-ADA, Karras et al. 2020, arXiv:2006.06676, code), so
that the initial weights are soon forgotten.
Running statistics of a normalisation are averaged like weights (Brock et al. 2019, arXiv:1809.11096, code), since those
of the current G don't fit averaged weights; `statistics: copy` takes over the current ones, as StyleGAN2-ADA does with
every buffer. All other buffers (the vectors of a power iteration, counts) are copied: an average of them means nothing.
"""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from gan_core.game.player import Clock
from gan_core.game.updates import images_per_step
from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """How slowly the average moves: by half-life or by beta, not both."""

    half_life_kimg: float | None = Field(10.0, gt=0, description="kimg after which weights count half")
    beta: float | None = Field(None, gt=0, lt=1, description="decay a step, in place of half_life_kimg")
    ramp_up: float | None = Field(0.05, gt=0, description="half-life at most this share of the images so far; or none")
    statistics: Literal["average", "copy"] = Field("average", description="what becomes of running statistics")

    @model_validator(mode="before")
    @classmethod
    def _one_of_two(cls, settings: Any) -> Any:
        if isinstance(settings, Mapping) and settings.get("beta") is not None:
            if settings.get("half_life_kimg") is not None:
                raise ValueError("half_life_kimg or beta, not both")
            return {**settings, "half_life_kimg": None}
        return settings

    @model_validator(mode="after")
    def _at_least_one(self) -> "Options":
        if self.half_life_kimg is None and self.beta is None:
            raise ValueError("half_life_kimg or beta is needed")
        return self


class Average:
    """The averaged generator, once it has been given one."""

    def __init__(self, options: Options, clock: Clock, images_per_step: int) -> None:
        self.options, self.clock, self.images_per_step = options, clock, images_per_step
        self.G: nn.Module
        self.shadow: nn.Module

    def shadow_of(self, G: nn.Module) -> tuple[nn.Module, Callable[[], None]]:
        """A frozen copy of G, and what brings it up to date."""
        self.G, self.shadow = G, copy.deepcopy(G).requires_grad_(False).eval()
        return self.shadow, self.update

    def beta(self) -> float:
        """The decay of the step that is being made. The clock still shows the images before it."""
        clock, options, per_step = self.clock, self.options, self.images_per_step
        if options.beta is not None:
            half_life = per_step * math.log(0.5) / math.log(options.beta)
        else:
            assert options.half_life_kimg is not None
            half_life = 1000 * options.half_life_kimg
        if options.ramp_up is not None:
            half_life = min(half_life, options.ramp_up * clock.images)
        return math.pow(0.5, per_step / half_life) if half_life > 0 else 0.0

    @torch.no_grad()
    def update(self) -> None:
        """Take in G as it is now."""
        share = 1 - self.beta()
        ours: list[Tensor] = list(self.shadow.parameters())
        theirs: list[Tensor] = list(self.G.parameters())
        for (name, buffer), current in zip(self.shadow.named_buffers(), self.G.buffers(), strict=True):
            if self.options.statistics == "average" and name.endswith(("running_mean", "running_var")):
                ours.append(buffer)
                theirs.append(current)
            else:
                buffer.copy_(current)
        torch._foreach_lerp_(ours, theirs, share)

    def dose(self) -> dict[str, float]:
        """How far the average is from G, relative to G's norm."""
        ours, theirs = (torch.cat([p.detach().flatten() for p in net.parameters()]) for net in (self.shadow, self.G))
        return {"relative_distance": float((ours - theirs).norm() / theirs.norm())}

    def state_dict(self) -> dict[str, Tensor]:
        return dict(self.shadow.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.shadow.load_state_dict(state)


def build(options: Options, context: Context) -> Parts:
    """The generator that is scored and sampled is the average; the dose is its relative distance to G."""
    average = Average(options, context.clock, images_per_step(context.config))
    return Parts(shadow=(average.shadow_of,), state={"ema": average}, dose=(average.dose,))


TRICK = Trick(
    name="ema",
    summary="score and sample a moving average of G's weights",
    paper="Yazıcı et al. 2019, arXiv:1806.04498; Karras et al. 2018, arXiv:1710.10196",
    options=Options,
    build=build,
    needs=(
        Compatibility(
            text="ramp_up, or half_life_kimg within budget_kimg",
            holds=lambda c: (
                c.trick("ema").ramp_up is not None or (c.trick("ema").half_life_kimg or 0.0) <= c.budget_kimg
            ),
            reason="at the end the average still consists of initial weights for more than a half",
            severity="warning",
        ),
    ),
)
