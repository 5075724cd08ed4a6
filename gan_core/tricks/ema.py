"""EMA of G: images are drawn from a moving average of G's weights, which the game itself never sees.

The players circle around their equilibrium; an average of G lies nearer to its centre. Yazıcı et al. 2019, "The Unusual
Effectiveness of Averaging in GAN Training" (arXiv:1806.04498), section 3; Karras et al. 2018
(arXiv:1710.10196), appendix A. After each step: average = beta average + (1 - beta) G, with beta either given or such
that a set of weights counts half after `half_life_kimg` thousand images shown to D.

With `ramp_up` the half-life is at most that share of the images so far (StyleGAN2-ADA, Karras et al. 2020,
arXiv:2006.06676, code: 0.05), so that the initial weights are soon forgotten. A ramp of 0.05 holds the half-life below
a twentieth of the budget, whatever `half_life_kimg` or `beta` say. So it is the default only where neither of them is
named: a half-life that is named acts as it is, and a ramp beside it has to be named too. R3GAN (Huang et al. 2024,
arXiv:2501.05441, code) has another: its half-life rises from 0, `half_life_kimg: {from: 0, to: 500, shape: cosine}`.

The statistics of a normalisation in G (running means and variances of batch normalisation, singular vectors of
spectral normalisation) are those of trained weights and don't fit averaged ones: scored with averaged statistics, a
slow average looks broken. By default (`statistics: recompute`) they are computed anew from latents of a fixed bank
whenever the average is scored, sampled or saved (standing statistics: Brock et al. 2019, arXiv:1809.11096). Two other
ways reproduce other people's code: `average` averages the running statistics like weights (Brock et al. 2019, code,
where it can be combined with standing statistics), `copy` takes over the current ones, as StyleGAN2-ADA does with every
buffer. In both, singular vectors are copied, with which a matrix of the average may have a largest singular value above
1 (up to 1.24 was seen). Other buffers are copied: an average of them means nothing.
"""

import copy
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from gan_core import streams
from gan_core.game.latents import draw
from gan_core.game.player import Clock
from gan_core.game.updates import images_per_step
from gan_core.nets.own_statistics import Inputs, recompute_statistics
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Bounds, Number, Ramp, number_at
from gan_core.tricks.seats import Context, Parts, Shadow
from gan_core.tricks.trick import Reach, Trick

STATISTICS, LABELS = "latent.statistics", "label.statistics"  # the banks of z and y that statistics are computed from
BATCHES, BATCH = 8, 250  # 20 batches would move a FID by less than 1 %


class Options(Record):
    """How slowly the average moves: by half-life or by beta, not both."""

    half_life_kimg: Annotated[Number | None, Bounds(gt=0)] = Field(
        10.0, description="kimg after which weights count half"
    )
    beta: Annotated[Number | None, Bounds(gt=0, lt=1)] = Field(
        None, description="decay a step, in place of half_life_kimg"
    )
    ramp_up: float | None = Field(
        0.05,
        gt=0,
        description="half-life at most this share of the images so far; none where half_life_kimg or beta is named "
        "and this is not",
    )
    statistics: Literal["recompute", "average", "copy"] = Field(
        "recompute", description="normalisation statistics: those of the average itself, averaged ones, or G's"
    )

    @model_validator(mode="before")
    @classmethod
    def _one_of_two(cls, settings: Any) -> Any:
        if not isinstance(settings, Mapping):
            return settings
        filled = dict(settings)
        if filled.get("beta") is not None:
            if filled.get("half_life_kimg") is not None:
                raise ValueError("half_life_kimg or beta, not both")
            filled["half_life_kimg"] = None
        if {"beta", "half_life_kimg"} & settings.keys():
            filled.setdefault("ramp_up", None)
        return filled

    @model_validator(mode="after")
    def _at_least_one(self) -> "Options":
        if self.half_life_kimg is None and self.beta is None:
            raise ValueError("half_life_kimg or beta is needed")
        return self

    def half_life(self, images_per_step: int, kimg: float, budget_kimg: float) -> float:
        """In images shown to D, without `ramp_up`, once it has been shown so many thousands."""
        if self.beta is not None:
            beta = number_at(self.beta, kimg, budget_kimg)
            return images_per_step * math.log(0.5) / math.log(beta) if beta > 0 else 0.0
        assert self.half_life_kimg is not None
        return 1000 * number_at(self.half_life_kimg, kimg, budget_kimg)


class Average:
    """The averaged generator, once it has been given one."""

    def __init__(
        self,
        options: Options,
        clock: Clock,
        images_per_step: int,
        bank: Callable[[], Iterable[Inputs]],
        budget_kimg: float,
    ) -> None:
        self.options, self.clock, self.images_per_step = options, clock, images_per_step
        self.budget_kimg = budget_kimg
        self.bank = bank  # batches of z [N latent_dim] and y [N], the same at each call
        self.G: nn.Module
        self.shadow: nn.Module
        self._averaged: frozenset[str]  # buffers that are averaged like weights
        self._own: frozenset[str]  # buffers that are the average's own; all others are copied from G
        self._is_stale = False  # a copy of G at first, with the statistics that G has

    def shadow_of(self, G: nn.Module) -> Shadow:
        """A frozen copy of G, with what brings it up to date and what makes it ready to be shown."""
        self.G, self.shadow = G, copy.deepcopy(G).requires_grad_(False).eval()
        running = frozenset(name for name, _ in G.named_buffers() if name.endswith(("running_mean", "running_var")))
        self._averaged = running if self.options.statistics == "average" else frozenset()
        self._own = running if self.options.statistics == "recompute" else frozenset()
        return Shadow(self.shadow, self.update, self.settle)

    def beta(self) -> float:
        """The decay of the step that is being made. The clock still shows the images before it."""
        half_life = self.options.half_life(self.images_per_step, self.clock.kimg, self.budget_kimg)
        if self.options.ramp_up is not None:
            half_life = min(half_life, self.options.ramp_up * self.clock.images)
        return math.pow(0.5, self.images_per_step / half_life) if half_life > 0 else 0.0

    @torch.no_grad()
    def update(self) -> None:
        """Take in G as it is now."""
        share = 1 - self.beta()
        ours: list[Tensor] = list(self.shadow.parameters())
        theirs: list[Tensor] = list(self.G.parameters())
        for (name, buffer), current in zip(self.shadow.named_buffers(), self.G.buffers(), strict=True):
            if name in self._averaged:
                ours.append(buffer)
                theirs.append(current)
            elif name not in self._own:
                buffer.copy_(current)
        torch._foreach_lerp_(ours, theirs, share)
        self._is_stale = True

    def settle(self) -> None:
        """Give the average the statistics of its own weights, unless it has them already."""
        if self._is_stale and self.options.statistics == "recompute":
            recompute_statistics(self.shadow, self.bank())
        self._is_stale = False

    def dose(self) -> dict[str, float]:
        """How far the average is from G, relative to G's norm."""
        ours, theirs = (torch.cat([p.detach().flatten() for p in net.parameters()]) for net in (self.shadow, self.G))
        return {"relative_distance": float((ours - theirs).norm() / theirs.norm())}

    def state_dict(self) -> dict[str, Tensor]:
        return dict(self.shadow.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.shadow.load_state_dict(state)
        self._is_stale = True  # a checkpoint's statistics are those of the last time that it was shown


def build(options: Options, context: Context) -> Parts:
    """The generator that is scored and sampled is the average; the dose is its relative distance to G."""
    config = context.config

    def bank() -> Iterable[Inputs]:
        z = draw(config, BATCHES * BATCH, streams.generator(config.seed, STATISTICS))
        batches = torch.split(z.to(context.device), BATCH)
        if context.draw_labels is None:
            return ((batch, None) for batch in batches)
        y = context.draw_labels(BATCHES * BATCH, streams.generator(config.seed, LABELS))
        return zip(batches, torch.split(y.to(context.device), BATCH), strict=True)

    average = Average(options, context.clock, images_per_step(config), bank, config.budget_kimg)
    return Parts(shadow=(average.shadow_of,), state={"ema": average}, dose=(average.dose,))


def _options(config: Config) -> Options:
    options: Options = config.trick("ema")
    return options


def _kimg(config: Config, option: str, is_ramped: bool) -> float:
    """The half-life where this option gives it as a number, with `ramp_up` or without as is in question; else 0."""
    options = _options(config)
    given = getattr(options, option)
    if given is None or isinstance(given, Ramp) or (options.ramp_up is not None) is not is_ramped:
        return 0.0
    return options.half_life(images_per_step(config), 0.0, config.budget_kimg) / 1000


def _ramped_kimg(config: Config, option: str) -> float:
    """From which budget on the ramp lets the half-life through. The default is what the ramp makes of it."""
    options = _options(config)
    if options.ramp_up is None or options == Options():
        return 0.0
    return _kimg(config, option, is_ramped=True) / options.ramp_up


def _in_words(config: Config, option: str, kimg: float) -> str:
    """A value of the option with such a half-life."""
    if option == "half_life_kimg":
        return f"half_life_kimg: {kimg:.3g}"
    return f"beta: {math.pow(0.5, images_per_step(config) / (1000 * kimg)):.4g}"


def _reaches(option: str) -> tuple[Reach, Reach]:
    return (
        Reach(
            option,
            from_kimg=lambda c: _ramped_kimg(c, option),
            shorter="until then ramp_up alone sets the half-life, and any slower average is the same one",
            instead=lambda c: "leave ramp_up out (or set it to null) and the half-life acts from the first step on",
        ),
        Reach(
            option,
            from_kimg=lambda c: _kimg(c, option, is_ramped=False),
            shorter="at the end the average still consists of initial weights for more than a half",
            instead=lambda c: (
                f"set a faster average, such as {_in_words(c, option, c.budget_kimg / 20)}, or `ema: true`, whose "
                "half-life grows with the run"
            ),
        ),
    )


TRICK = Trick(
    name="ema",
    summary="score and sample a moving average of G's weights",
    paper="Yazıcı et al. 2019, arXiv:1806.04498; Karras et al. 2018, arXiv:1710.10196",
    options=Options,
    build=build,
    reaches=(*_reaches("half_life_kimg"), *_reaches("beta")),
)
