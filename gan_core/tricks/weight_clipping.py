"""Weight clipping: every weight of D is kept within [-c, c].

A crude way to keep a Wasserstein critic Lipschitz. Arjovsky et al. 2017, "Wasserstein GAN" (arXiv:1701.07875),
Algorithm 1: clipping after each of D's updates. `when: before` clips ahead of D's forward pass instead, as the
authors' own code does and much that was copied from it: G then learns from a D that is one update outside the bounds.
All trainable weights are clipped, biases and the scales of a normalisation too, as in that code; statistics are not.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import nn

from gan_core.game.player import Player
from gan_core.nets.network import Network
from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """The bound, and the moment."""

    c: float = Field(0.01, gt=0, description="largest absolute value of a weight")
    when: Literal["after", "before"] = Field("after", description="after D's update (the paper), or ahead of its pass")


def build(options: Options, context: Context) -> Parts:
    """Clamp D's weights; the dose is the fraction of them at (or, clipped before the update, beyond) the bound."""
    clipped: list[nn.Module] = []

    def remember(net: Network, player: Player) -> None:
        if player == "D":
            clipped.append(net)

    def clip(D: nn.Module) -> None:
        with torch.no_grad():
            for weight in D.parameters():
                weight.clamp_(-options.c, options.c)

    def dose() -> dict[str, float]:
        weights = [weight.detach().flatten() for net in clipped for weight in net.parameters()]
        return {"fraction_at_bound": float((torch.cat(weights).abs() >= options.c).float().mean())}

    before, after = ((clip,), ()) if options.when == "before" else ((), (clip,))
    return Parts(layers=(remember,), before_d=before, after_d=after, dose=(dose,))


TRICK = Trick(
    name="weight_clipping",
    summary="keep every weight of D within [-c, c]",
    paper="Arjovsky et al. 2017, arXiv:1701.07875, Algorithm 1",
    options=Options,
    build=build,
    needs=(
        Compatibility(
            text="loss: wasserstein",
            holds=lambda c: c.loss == "wasserstein",
            reason="clipping was made for a critic that has to be Lipschitz (Arjovsky et al. 2017, section 3)",
            severity="warning",
        ),
        Compatibility(
            text="beta1: 0, or an optimizer without momentum",
            holds=lambda c: c.beta1 == 0 or not c.optimizer_d.startswith("adam"),
            reason="the critic's training is unstable with momentum (Arjovsky et al. 2017, section 3: RMSProp)",
            severity="warning",
        ),
    ),
    excludes=(
        Compatibility(
            text="spectral_norm on D",
            holds=lambda c: c.trick("spectral_norm") is None or c.trick("spectral_norm").on == "G",
            reason="each matrix is divided by its norm after it was clipped, so clipping bounds nothing; "
            "spectral normalisation replaces it (Miyato et al. 2018, arXiv:1802.05957)",
        ),
        *(
            Compatibility(
                text=name,
                holds=lambda c, name=name: c.trick(name) is None,  # type: ignore[misc]
                reason="it replaces weight clipping: it draws D's gradient norm to 1, which the bound on the weights "
                "forbids (Gulrajani et al. 2017, arXiv:1704.00028, section 3)",
            )
            for name in ("gradient_penalty", "dragan")
        ),
        *(
            Compatibility(
                text=name,
                holds=lambda c, name=name: c.trick(name) is None,  # type: ignore[misc]
                reason="two bounds on D's slope at once: the effect of either can no longer be seen",
                severity="warning",
            )
            for name in ("r1", "r2")
        ),
    ),
)
