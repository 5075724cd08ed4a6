"""Top-k training: G learns only from those of its fakes that D finds most real.

What the worst fakes tell G may lead away from the data. Sinha et al. 2020, "Top-k Training of GANs: Improving GAN
Performance by Throwing Away Bad Samples" (arXiv:2002.06224), algorithm 1: in G's update the loss is taken over the k
fakes with the highest output of D. k falls from the whole batch to `share` of it: in the paper by a factor of 0.99 each
epoch, here linearly over `anneal_kimg`.

The trainer has computed G's loss over all fakes already. So the term that is added is the difference: the loss over the
best k, less that over all.
"""

import torch
from pydantic import Field
from torch import Tensor

from gan_core.game.losses import LOSSES
from gan_core.game.meter import DoseMeter
from gan_core.plugins import register
from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts, Pass, Term
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """How many fakes G learns from, and from when on."""

    share: float = Field(0.5, gt=0, lt=1, description="share of the batch that G learns from at the end")
    anneal_kimg: float | None = Field(
        None, gt=0, description="kimg until the share has fallen from 1 to it; none: at once"
    )


def build(options: Options, context: Context) -> Parts:
    """A term of G's loss; the dose is the share of the fakes that was left out."""
    tally, g_loss = DoseMeter(context.device), LOSSES[context.config.loss].g

    def share() -> float:
        done = 1.0 if options.anneal_kimg is None else min(context.clock.kimg / options.anneal_kimg, 1.0)
        return 1 + (options.share - 1) * done

    def of_the_best(seen: Pass) -> Tensor:
        fake, real = seen.logits_fake, seen.logits_real  # [N]
        k = max(round(share() * len(fake)), 1)
        best = fake.topk(k).indices
        ones = torch.ones_like(fake)
        tally.note("left_out", fake.new_tensor(1 - k / len(fake)))
        return g_loss(fake[best], ones[best], None if real is None else real[best]) - g_loss(fake, ones, real)

    return Parts(
        g_terms=(Term("top_k", 1, of_the_best),),
        state={"top_k": tally},
        dose=(tally.dose,),
        eager=("top_k reads the clock within the update",),
    )


register(
    Trick(
        name="top_k",
        summary="G learns only from the fakes that D finds most real",
        paper="Sinha et al. 2020, arXiv:2002.06224, algorithm 1",
        options=Options,
        build=build,
        excludes=(
            Compatibility(
                text="label_smoothing with g below 1",
                holds=lambda c: c.trick("label_smoothing") is None or c.trick("label_smoothing").g == 1,
                reason="the loss over the best fakes is taken with the target 1",
            ),
        ),
    )
)
