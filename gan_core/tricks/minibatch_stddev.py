"""Minibatch standard deviation: D gets one more channel that tells how much the images of a batch differ.

Fakes that are all alike give themselves away, so that G pays for mode collapse. Karras et al. 2018, "Progressive
Growing of GANs" (arXiv:1710.10196), section 3: the standard deviation over the batch of each feature at each place,
averaged over features and places to one number, appended as a constant channel before the last layer. `group` is the
variant of the authors' code and of StyleGAN (arXiv:1812.04948): the statistic of groups of that many images.
`repeats: 0` appends it zero times, which is what the code of GANHacks2 really does: nothing.

D's last layer is linear here, so the constant channel adds one number to the logits of all images of a batch: it tells
batches of reals from batches of fakes. In the paper's D a convolution and an activation stand between the statistic and
the logit, so that it also weighs what each image shows.
"""

import torch
from pydantic import Field
from torch import Tensor, nn

from gan_core.records import Record
from gan_core.tricks.last import Last
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Compatibility, Trick

EPSILON = 1e-8  # in the square root, whose slope at 0 is infinite


class Options(Record):
    """Over which images, and how often appended."""

    group: int | None = Field(
        None, ge=2, le=65_536, description="images a group; none: the whole batch, as in the paper"
    )
    repeats: int = Field(
        1, ge=0, le=1000, description="channels that hold the statistic; 0: it is computed and thrown away"
    )


class MinibatchStddev(nn.Module):
    """[N C ...] -> [N C+repeats ...]. Image n belongs to group n mod N/group, as in StyleGAN's code."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.group = options.group
        self.extra_channels = options.repeats
        self.last = Last()  # the statistic [N/group] of the last batch

    def forward(self, h: Tensor) -> Tensor:
        count = len(h)
        groups = h.reshape(min(self.group or count, count), -1, *h.shape[1:])  # [group N/group C ...]
        deviation = (groups.var(dim=0, correction=0) + EPSILON).sqrt().flatten(1).mean(dim=1)  # [N/group]
        self.last.keep(deviation)
        statistic = deviation.repeat(len(groups)).view(count, *[1] * (h.ndim - 1))  # [N 1 ...]
        return torch.cat([h, statistic.expand(count, self.extra_channels, *h.shape[2:])], dim=1)


def build(options: Options, context: Context) -> Parts:
    """The channel before D's last layer; the dose is the statistic and the number of channels that hold it."""
    tail = MinibatchStddev(options)

    def dose() -> dict[str, float]:
        if tail.last.value is None:
            return {}
        return {"stddev": float(tail.last.value.mean()), "channels": float(tail.extra_channels)}

    return Parts(d_tail=(tail,), dose=(dose,))


TRICK = Trick(
    name="minibatch_stddev",
    summary="D sees how much the images of a batch differ: one number, as a channel before its last layer",
    paper="Karras et al. 2018, arXiv:1710.10196, section 3",
    options=Options,
    build=build,
    edits_blocks=lambda options: True,
    acts=lambda dose: dose["channels"] > 0 and dose["stddev"] > 0,
    needs=(
        Compatibility(
            text="a batch_size that its group divides",
            holds=lambda c: c.batch_size % (c.trick("minibatch_stddev").group or c.batch_size) == 0,
            reason="each image belongs to one group, and all groups are of one size",
        ),
        Compatibility(
            text="a D that is not linear after the statistic",
            holds=lambda c: c.last_activation_d != "none",
            reason="D's last layer alone comes after the statistic, so it adds one number to the logits of all images "
            "of a batch or group; in the authors' D a convolution and an activation come first (Karras et al. 2018, "
            "arXiv:1710.10196, table 2)",
            severity="warning",
        ),
    ),
)
