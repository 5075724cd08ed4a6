"""Noisy labels: D's target of every image is drawn anew from a range around 1 or 0.

Soft targets that D cannot hit exactly. Chintala et al. 2016, "How to Train a GAN? Tips and tricks to make GANs work"
(NIPS workshop; ganhacks), number 6: a real gets a number between 0.7 and 1.2, a fake one between 0.0 and 0.3. In
expectation D's optimum is that of label smoothing with the ranges' means, two-sided with these defaults: see Salimans
et al. 2016 (arXiv:1606.03498), section 3.4, for why targets of fakes above 0 are questionable. G's target stays 1.
"""

import torch
from pydantic import Field, model_validator
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.targets import a_loss_with_targets
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """The ranges of D's targets."""

    real_low: float = Field(0.7, gt=0, le=2, description="smallest target of a real")
    real_high: float = Field(1.2, gt=0, le=2, description="largest target of a real")
    fake_low: float = Field(0.0, ge=-1, lt=1, description="smallest target of a fake")
    fake_high: float = Field(0.3, ge=-1, lt=1, description="largest target of a fake")

    @model_validator(mode="after")
    def _ordered(self) -> "Options":
        if self.real_low > self.real_high or self.fake_low > self.fake_high:
            raise ValueError("each range from low to high")
        return self


def build(options: Options, context: Context) -> Parts:
    """Draw D's targets; the dose is their means."""
    tally = DoseMeter(context.device)

    def draw(t_real: Tensor, t_fake: Tensor) -> tuple[Tensor, Tensor]:
        on_real = torch.empty_like(t_real).uniform_(options.real_low, options.real_high, generator=context.stream)
        on_fake = torch.empty_like(t_fake).uniform_(options.fake_low, options.fake_high, generator=context.stream)
        tally.note("target_real", on_real.mean())
        tally.note("target_fake", on_fake.mean())
        return on_real, on_fake

    return Parts(
        targets=(draw,),
        state={"noisy_labels": tally},
        dose=(tally.dose,),
        eager=("noisy_labels draws its targets within the update",),
    )


TRICK = Trick(
    name="noisy_labels",
    summary="draw D's targets from ranges around 1 and 0",
    paper="Chintala et al. 2016, ganhacks, number 6",
    options=Options,
    build=build,
    needs=(
        a_loss_with_targets("a loss without targets has none to draw"),
        Compatibility(
            text="mean targets between 0 and 1",
            holds=lambda c: (
                c.trick("noisy_labels").real_low + c.trick("noisy_labels").real_high <= 2
                and c.trick("noisy_labels").fake_low + c.trick("noisy_labels").fake_high >= 0
            ),
            reason="cross-entropy has no minimum for a mean target outside",
            severity="warning",
        ),
    ),
    excludes=(
        Compatibility(
            text="label_smoothing",
            holds=lambda c: c.trick("label_smoothing") is None,
            reason="both set D's targets, and one would overwrite the other",
        ),
    ),
)
