"""Instance noise: D sees every image, real and fake, through Gaussian noise.

The two distributions then overlap, so that D cannot separate them perfectly and its gradient does not vanish.
Sønderby et al. 2017, "Amortised MAP Inference for Image Super-resolution" (arXiv:1610.04490), section 3.2, and
Arjovsky and Bottou 2017 (arXiv:1701.04862), section 3. Noise in D's hidden layers: Salimans et al. 2016
(arXiv:1606.03498) and the code of its time. The noise is annealed linearly to zero over `anneal_kimg`, as the
first paper advises; without it the level is constant. `on` puts noise behind G's hidden blocks too, or only there:
a placement that is said never to recover, here to be tested. `proportional` is the noise of GANHacks2's code, whose
text says additive: its standard deviation is sigma times the value it falls on, which passes no gradient to the scale.
"""

from typing import Annotated, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from gan_core.game.player import Player
from gan_core.nets.network import Network
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number, Ramp
from gan_core.tricks.seats import Context, Parts, moving
from gan_core.tricks.trick import Reach, Trick


class Options(Record):
    """How much noise, for how long, and where."""

    sigma: Annotated[Number, Bounds(gt=0)] = Field(0.1, description="standard deviation; images span [-1, 1]")
    anneal_kimg: float | None = Field(
        None, gt=0, description="kimg until sigma has fallen linearly to 0; none: constant"
    )
    where: Literal["input", "layers"] = Field(
        "input", description="on D's input, or there and after every hidden block but the last"
    )
    on: Literal["D", "G", "both"] = Field("D", description="which network; in G: after every hidden block but the last")
    proportional: bool = Field(False, description="standard deviation sigma * |value| instead of sigma")

    @model_validator(mode="after")
    def _annealed_once(self) -> "Options":
        if self.anneal_kimg is not None and isinstance(self.sigma, Ramp):
            raise ValueError("anneal_kimg or a ramp of sigma, not both")
        return self


class Noise(nn.Module):
    """Adds Gaussian noise of the current sigma while training. [...] -> the same shape."""

    def __init__(self, options: Options, context: Context) -> None:
        super().__init__()
        self.options = options
        self.context = context

    def sigma(self) -> float:
        """The standard deviation now."""
        sigma = self.context.now(self.options.sigma)
        if self.options.anneal_kimg is None:
            return sigma
        return sigma * max(0.0, 1 - self.context.clock.kimg / self.options.anneal_kimg)

    def forward(self, x: Tensor) -> Tensor:
        sigma = self.sigma()
        if sigma == 0 or not self.training:
            return x
        noise = torch.empty_like(x).normal_(0, sigma, generator=self.context.stream)
        return x + noise * x.detach().abs() if self.options.proportional else x + noise


def build(options: Options, context: Context) -> Parts:
    """Noise in front of D, on request after its hidden blocks and after G's; the dose is the current sigma."""
    noise = Noise(options, context)

    in_d, in_g = options.on in ("D", "both"), options.on in ("G", "both")

    def inside(net: Network, player: Player) -> None:
        if in_d and options.where == "layers" if player == "D" else in_g:
            for block in net.blocks[:-1]:
                block.add_module("noise", noise)

    annealed = () if options.anneal_kimg is None else ("instance_noise anneals its deviation by the clock",)
    return Parts(
        view=(noise,) if in_d else (),
        layers=(inside,),
        dose=(lambda: {"sigma": noise.sigma()},),
        eager=("instance_noise draws its noise within the update", *annealed, *moving("instance_noise", options)),
    )


TRICK = Trick(
    name="instance_noise",
    summary="Gaussian noise on what D sees, real and fake",
    paper="Sønderby et al. 2017, arXiv:1610.04490; Arjovsky and Bottou 2017, arXiv:1701.04862",
    options=Options,
    build=build,
    edits_blocks=lambda options: options.where == "layers" or options.on != "D",
    reaches=(
        Reach(
            "anneal_kimg",
            from_kimg=lambda c: c.trick("instance_noise").anneal_kimg or 0.0,
            shorter="the run ends before the noise has gone",
            instead=lambda c: f"set anneal_kimg: {c.budget_kimg:.4g} or less, or leave it out for constant noise",
        ),
    ),
)
