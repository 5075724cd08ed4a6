"""Label smoothing: D is trained towards softer targets than 1 and 0.

One-sided by default (real 0.9, fake 0): Salimans et al. 2016, "Improved Techniques for Training GANs"
(arXiv:1606.03498), section 3.4. The optimal D is then alpha p_data / (p_data + p_model): smoothing the real side
only bounds D's confidence, while a positive target for fakes (beta) puts p_model into the numerator and
reinforces what G does already. `fake` above 0 is that two-sided variant. G's own target stays 1, unless `g` says
otherwise, as in code that shares D's smoothed target of reals with G: G is then content with a probability of 0.9.
"""

import torch
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from gan_core.game.losses import LOSSES
from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.targets import a_loss_with_targets
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """The targets of D, and of G."""

    real: float = Field(0.9, gt=0, le=1, description="target of real images")
    fake: float = Field(0.0, ge=0, lt=1, description="target of fakes; above 0: two-sided")
    g: float = Field(1.0, gt=0, le=1, description="what G wants D to say of fakes; below 1: G's target smoothed too")

    @field_validator("real")
    @classmethod
    def _is_a_target(cls, real: float) -> float:
        """Other libraries take the amount of smoothing: 0.1 there is 0.9 here."""
        if real <= 0.5:
            context = {
                "real": f"{real:g}",
                "allowed": "above 0.5, at most 1",
                "nearest": f"{1 - real:g}" if real < 0.5 else "",
            }
            raise PydanticCustomError("target", "{real} is meant as the target of reals, not as an amount", context)
        return real


def build(options: Options, context: Context) -> Parts:
    """Replace the targets; the dose is the targets themselves."""

    def smooth(t_real: Tensor, t_fake: Tensor) -> tuple[Tensor, Tensor]:
        return torch.full_like(t_real, options.real), torch.full_like(t_fake, options.fake)

    def smooth_g(t_fake: Tensor) -> Tensor:
        return torch.full_like(t_fake, options.g)

    def dose() -> dict[str, float]:
        return {"target_real": options.real, "target_fake": options.fake, "target_g": options.g}

    return Parts(targets=(smooth,), g_targets=(smooth_g,) if options.g < 1 else (), dose=(dose,))


TRICK = Trick(
    name="label_smoothing",
    summary="softer targets than 1 and 0 for D, and on request for G",
    paper="Salimans et al. 2016, arXiv:1606.03498, section 3.4",
    options=Options,
    build=build,
    acts=lambda dose: dose["target_real"] != 1 or dose["target_fake"] != 0 or dose.get("target_g", 1) != 1,
    needs=(
        a_loss_with_targets("there is nothing to smooth in a loss without targets"),
        Compatibility(
            text="g: 1 where G's loss has no target; it has one in ",
            names=lambda: (name for name, loss in LOSSES.items() if loss.g_has_target),
            holds=lambda c: c.trick("label_smoothing").g == 1 or LOSSES[c.loss].g_has_target,
            reason="there is nothing to smooth in G's loss",
        ),
    ),
)
