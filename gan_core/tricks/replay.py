"""Replay of old fakes: a part of each batch of fakes that D learns from was drawn by earlier generators.

D does not forget what G did before, so that G cannot come back to it. Shrivastava et al. 2017, "Learning from
Simulated and Unsupervised Images through Adversarial Training" (arXiv:1612.07828), section 2.3: half of D's batch comes
from a buffer of fixed size, the other half from G as it is, and each step as many images of the buffer, at random, are
replaced by fresh ones. Until the buffer is full every fresh fake goes into it. Once it is full, what is put in is what
gave way in the batch. G's own phase is left alone.
"""

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Compatibility, Reach, Trick


class Options(Record):
    """How much of a batch is old, and how many old fakes are kept."""

    fraction: float = Field(0.5, gt=0, le=1, description="part of D's batch of fakes that comes from the buffer")
    buffer_images: int = Field(1024, ge=1, le=1_000_000, description="fakes that the buffer holds")


class Buffer:
    """Old fakes, on the device."""

    def __init__(self, options: Options, context: Context) -> None:
        self.options = options
        self.stream = context.stream
        self.images = torch.empty(options.buffer_images, *context.image_shape, device=context.device)  # [B C H W]
        self.stored = 0
        self.replayed = 0.0  # part of the last batch that was old

    def __call__(self, x: Tensor) -> Tensor:
        """The batch [N C H W] with its first part replaced by old fakes, as soon as there are enough of them."""
        old = round(self.options.fraction * len(x))
        replay = self.stored >= old
        seen = torch.cat([self.images[self._places(self.stored, old)], x[old:]]) if replay else x
        self.replayed = old / len(x) if replay else 0.0
        if free := len(self.images) - self.stored:
            fresh = x[:free]
            self.images[self.stored : self.stored + len(fresh)] = fresh
            self.stored += len(fresh)
        else:
            self.images[self._places(self.stored, old)] = x[:old]
        return seen

    def _places(self, among: int, count: int) -> Tensor:
        """`count` different places of the first so many."""
        return torch.randperm(among, generator=self.stream, device=self.images.device)[:count]

    def dose(self) -> dict[str, float]:
        """The part of D's last batch of fakes that was old."""
        return {"fraction_old": self.replayed}

    def state_dict(self) -> dict[str, Any]:
        return {"images": self.images[: self.stored].clone(), "replayed": self.replayed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.stored, self.replayed = len(state["images"]), state["replayed"]
        self.images[: self.stored] = state["images"].to(self.images.device)


def build(options: Options, context: Context) -> Parts:
    """Old fakes for D; the dose is the part of the last batch that was old."""
    buffer = Buffer(options, context)
    return Parts(
        fakes=(buffer,),
        state={"replay": buffer},
        dose=(buffer.dose,),
        eager=("replay chooses its images in Python, by how many there are",),
    )


TRICK = Trick(
    name="replay",
    summary="a part of D's fakes was drawn by earlier generators",
    paper="Shrivastava et al. 2017, arXiv:1612.07828, section 2.3",
    options=Options,
    build=build,
    needs=(
        Compatibility(
            text="buffer_images of at least batch_size",
            holds=lambda c: c.trick("replay").buffer_images >= c.batch_size,
            reason="the buffer has to hold the old part of a batch",
        ),
        Compatibility(
            text="a fraction of at least half an image a batch",
            holds=lambda c: round(c.trick("replay").fraction * c.batch_size) >= 1,
            reason="nothing would be replayed",
        ),
    ),
    reaches=(
        Reach(
            "buffer_images",
            from_kimg=lambda c: c.trick("replay").buffer_images / 1000,
            shorter="the buffer never gets full, and any larger one gives the same run",
            instead=lambda c: f"set buffer_images: {int(250 * c.budget_kimg)} or so",
        ),
    ),
    excludes=(
        Compatibility(
            text="conditional: true",
            holds=lambda c: not c.conditional,
            reason="its buffer holds fakes of other classes than those that D is told of the batch",
        ),
        Compatibility(
            text="minibatch_stddev, minibatch_discrimination",
            holds=lambda c: c.trick("minibatch_stddev") is None and c.trick("minibatch_discrimination") is None,
            reason="D's fakes then are of several generators and differ more than those of one, while G is judged by "
            "batches of its own; neither paper has both",
            severity="warning",
        ),
    ),
)
