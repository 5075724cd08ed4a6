"""LeCam regularisation: D's logits on the reals are drawn to its usual ones on fakes, and the other way round.

D's verdicts are kept near two anchors, moving averages of its own mean logits, which stops it from memorising a small
data set. Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data" (arXiv:2104.03310),
section 3: weight * (E |D(x) - alpha_F|^2 + E |D(G(z)) - alpha_R|^2). The penalty depends on differences of logits only
and so goes with every loss. The anchors are brought up to date before they are used, as in the authors' code, and
start at the first batch's means (there: far away, at 1000, or following each batch for the first 1000 steps).
`one_sided` is the penalty of that code: a real is punished only above alpha_F, a fake only below alpha_R.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.seats import Context, Parts, Pass, Term, moving
from gan_core.tricks.trick import Reach, Trick


class Options(Record):
    """How strongly logits are drawn, and how slowly the anchors move."""

    weight: Annotated[Number, Bounds(gt=0)] = Field(0.3, description="weight of the penalty, the paper's lambda")
    decay: float = Field(0.99, ge=0, lt=1, description="of the anchors, for each step of D")
    one_sided: bool = Field(False, description="punish only logits on the right side of the other anchor")


class Anchors:
    """Moving averages of D's mean logits: alpha_R and alpha_F."""

    def __init__(self, decay: float, device: torch.device) -> None:
        self.decay, self.device = decay, device
        self.real: Tensor | None = None
        self.fake: Tensor | None = None

    def update(self, logits_real: Tensor, logits_fake: Tensor) -> tuple[Tensor, Tensor]:
        """The anchors with these logits taken in, without a graph."""
        real, fake = logits_real.detach().mean(), logits_fake.detach().mean()
        self.real = real if self.real is None else torch.lerp(real, self.real, self.decay)
        self.fake = fake if self.fake is None else torch.lerp(fake, self.fake, self.decay)
        return self.real, self.fake

    def dose(self) -> dict[str, float]:
        """Where they are."""
        if self.real is None or self.fake is None:
            return {}
        return {"anchor_real": float(self.real), "anchor_fake": float(self.fake)}

    def state_dict(self) -> dict[str, Any]:
        return {"real": self.real, "fake": self.fake}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.real, self.fake = (None if state[k] is None else state[k].to(self.device) for k in ("real", "fake"))


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the anchors, and the mean penalty before its weight."""
    tally, anchors = DoseMeter(context.device), Anchors(options.decay, context.device)

    def penalty(seen: Pass) -> Tensor:
        assert seen.logits_real is not None
        alpha_real, alpha_fake = anchors.update(seen.logits_real, seen.logits_fake)
        on_real, on_fake = seen.logits_real - alpha_fake, alpha_real - seen.logits_fake
        if options.one_sided:
            on_real, on_fake = on_real.relu(), on_fake.relu()
        value = on_real.square().mean() + on_fake.square().mean()
        tally.note("penalty", value)
        return context.now(options.weight) * value

    return Parts(
        d_terms=(Term("lecam", 1, penalty),),
        state={"lecam.anchors": anchors, "lecam": tally},
        dose=(tally.dose, anchors.dose),
        eager=("lecam keeps its anchors in Python, which begin with the first batch", *moving("lecam", options)),
    )


def _kimg_of_anchors(config: Config) -> float:
    """The images of so many updates of D that an anchor's first value counts half."""
    decay: float = config.trick("lecam").decay
    return config.batch_size * math.log(0.5) / math.log(decay) / 1000 if decay else 0.0


TRICK = Trick(
    name="lecam",
    summary="draw D's logits towards moving averages of their counterparts",
    paper="Tseng et al. 2021, arXiv:2104.03310",
    options=Options,
    build=build,
    acts=lambda dose: dose["penalty"] > 0,
    reaches=(
        Reach(
            "decay",
            from_kimg=_kimg_of_anchors,
            shorter="at the end the anchors still consist of the first batch's means for more than a half",
            instead=lambda c: "set a lower decay, such as 0.9",
        ),
    ),
)
