"""Adaptive discriminator augmentation: D sees transformed images, as often as its overfitting asks for.

Each transform is applied to each image with probability p. Feedback holds the overfitting r_t = E[sign(D(x_real))] at
its target: every few steps p moves up where r_t is above it and down where it is below. Karras et al. 2020, "Training
Generative Adversarial Networks with Limited Data" (arXiv:2006.06676), section 3, equation 1 (r_t), appendix B (the
transforms). As long as p stays below about 0.8, G does not learn to draw the transforms (section 2.2).

The sign is taken relative to D's output where it is undecided, which for least squares is 0.5.
We have the paper's pixel blitting (flip, rotation by quarter turns, translation by whole pixels) and of its colour
transforms brightness, contrast and saturation; not its general geometry, luma flip, hue, filtering and corruption. p is
kept within [0, 1]; the paper lets it grow beyond 1, which changes nothing but how long it takes to come down.

With `p` there is no feedback: every loss will do, and what is given is the probability. R3GAN's code raises it so, from
0 to 0.55 for CIFAR-10 (Huang et al. 2024, arXiv:2501.05441), `p: {from: 0, to: 0.55, shape: cosine}`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from gan_core.game.losses import LOSSES
from gan_core.game.updates import kimg_of
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.ada_transforms import TRANSFORMS
from gan_core.tricks.policy import Policy
from gan_core.tricks.seats import Context, Parts, Pass, moving
from gan_core.tricks.trick import Compatibility, Reach, Trick


class Options(Record):
    """How much overfitting is allowed, how fast p follows, and which transforms there are."""

    target: float = Field(0.6, ge=-1, le=1, description="r_t that the feedback aims at")
    rise_kimg: float = Field(500.0, gt=0, description="kimg that p takes from 0 to 1 at its fastest")
    interval_steps: int = Field(4, ge=1, le=1_000_000, description="steps between two moves of p")
    initial_p: float = Field(0.0, ge=0, le=1, description="p at the start")
    policy: Annotated[str, Policy(TRANSFORMS)] = Field(
        ",".join(TRANSFORMS), description=f"transforms, separated by commas, from {', '.join(TRANSFORMS)}"
    )
    p: Annotated[Number | None, Bounds(gt=0, le=1)] = Field(
        None,
        exclude_if=lambda p: p is None,  # an option of later date: configurations without it keep their fingerprint
        description="probability of each transform, in place of the feedback and its target",
    )

    @model_validator(mode="after")
    def _steered_or_given(self) -> "Options":
        if self.p is not None and (idle := {"target", "rise_kimg", "interval_steps", "initial_p"} & _changed(self)):
            raise ValueError(f"p is given, so there is no feedback for {', '.join(sorted(idle))}")
        return self


def _changed(options: Record) -> set[str]:
    return {name for name, field in type(options).model_fields.items() if getattr(options, name) != field.default}


class Controller:
    """p and what it is steered by, as tensors on the device: no step waits for it."""

    def __init__(self, options: Options, context: Context) -> None:
        self.options = options
        self.context = context
        self.p = torch.tensor(options.initial_p, device=context.device)
        self.r: Tensor | None = None  # r_t over the last interval; None before there was one
        self._signs = torch.zeros((), device=context.device)  # sum since the last move
        self._images = 0
        self._boundary = LOSSES[context.config.loss].boundary

    def observe(self, seen: Pass) -> None:
        """Count on which side of its loss's boundary D's outputs on reals lie."""
        assert seen.logits_real is not None
        self._signs = self._signs + (seen.logits_real.detach() - self._boundary).sign().sum()
        self._images += len(seen.logits_real)

    def adjust(self, G: nn.Module, D: nn.Module) -> None:
        """At the end of each interval, move p one step towards the target."""
        if (self.context.clock.step + 1) % self.options.interval_steps:
            return
        self.r = self._signs / self._images
        move = self._images / (self.options.rise_kimg * 1000)
        self.p = (self.p + move * (self.r - self.options.target).sign()).clamp(0, 1)
        self._signs, self._images = torch.zeros_like(self._signs), 0

    def dose(self) -> dict[str, float]:
        """p, and r_t over the last interval."""
        return {"p": float(self.p), **({} if self.r is None else {"r_t": float(self.r)})}

    def state_dict(self) -> dict[str, Any]:
        return {"p": self.p, "r": self.r, "signs": self._signs, "images": self._images}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        device = self.context.device
        self.p, self._signs = state["p"].to(device), state["signs"].to(device)
        self.r = None if state["r"] is None else state["r"].to(device)
        self._images = state["images"]


def build(options: Options, context: Context) -> Parts:
    """Transforms in front of D, and the feedback; the dose is p and r_t."""
    controller = Controller(options, context)
    transforms = [TRANSFORMS[name] for name in options.policy.split(",")]

    def look(x: Tensor) -> Tensor:
        p = controller.p if options.p is None else context.now(options.p)
        for transform in transforms:
            on = torch.rand(len(x), generator=context.stream, device=x.device) < p
            x = transform(x, on, context.stream)
        return x

    if options.p is not None:
        given = options.p
        return Parts(
            view=(look,),
            dose=(lambda: {"p": context.now(given)},),
            eager=("ada draws its transforms within the update", *moving("ada", options)),
        )
    return Parts(
        view=(look,),
        observers=(controller.observe,),
        after=(controller.adjust,),
        state={"ada": controller},
        dose=(controller.dose,),
        eager=("ada draws its transforms within the update, and counts images in Python",),
    )


TRICK = Trick(
    name="ada",
    summary="transforms on what D sees, as often as D's overfitting requires",
    paper="Karras et al. 2020, arXiv:2006.06676",
    options=Options,
    build=build,
    acts=lambda dose: dose["p"] > 0,
    needs=(
        Compatibility(
            text="a p that is given, or a loss whose D says 'real' above some output: not ",
            names=lambda: (name for name, loss in LOSSES.items() if not loss.has_boundary),
            holds=lambda c: LOSSES[c.loss].has_boundary or c.trick("ada").p is not None,
            reason="r_t counts the reals that D takes for real (Karras et al. 2020, arXiv:2006.06676, equation 1)",
        ),
    ),
    reaches=(
        Reach(
            "rise_kimg",
            from_kimg=lambda c: c.trick("ada").rise_kimg if c.trick("ada").p is None else 0.0,
            shorter="p starts low and rises too slowly to get far within this run",
            instead=lambda c: f"set rise_kimg: {c.budget_kimg:.4g} or less, or a higher initial_p",
        ),
        Reach(
            "interval_steps",
            from_kimg=lambda c: kimg_of(c, c.trick("ada").interval_steps + 1) if c.trick("ada").p is None else 0.0,
            shorter="p never moves from initial_p",
            instead=lambda c: "set fewer interval_steps",
        ),
    ),
)
