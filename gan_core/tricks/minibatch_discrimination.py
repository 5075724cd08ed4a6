"""Minibatch discrimination: D gets features that tell how close each image is to the others of its batch.

Fakes that are too close to each other give themselves away, so that G pays for mode collapse. Salimans et al. 2016,
"Improved Techniques for Training GANs" (arXiv:1606.03498), section 3.2: features f(x) of dimension A, times a learnt
tensor T of A x B x C, give each image B rows of dimension C; o(x_i)_b is the sum over the batch of exp(-L1 distance of
the b-th rows of x_i and x_j), j = i included, which adds 1. The B sums are appended before D's last layer. Behind
convolutions f(x) is the flattened feature map and each sum a constant channel; T starts as N(0, 1/A).
"""

import math

import torch
from pydantic import Field
from torch import Tensor, nn

from gan_core.game.player import Player
from gan_core.nets.conditional import bound
from gan_core.nets.evaluating import evaluating
from gan_core.nets.network import Network
from gan_core.records import Record
from gan_core.tricks.last import Last
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Trick


class Options(Record):
    """How many closenesses are learnt."""

    kernels: int = Field(100, ge=1, le=10_000, description="features that are appended, B")
    kernel_dim: int = Field(5, ge=1, le=1000, description="dimensions that a closeness is measured in, C")


class MinibatchDiscrimination(nn.Module):
    """[N C ...] -> [N C+B ...]. `start` gives T its size, before the first pass."""

    T: nn.Parameter

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.extra_channels = options.kernels
        self.kernel_dim = options.kernel_dim
        self.last = Last()  # closenesses [N B] of the last batch

    def start(self, h: Tensor) -> None:
        """Make T for feature maps like h [N C ...], drawing from the global generator."""
        features = h[0].numel()
        self.T = nn.Parameter(torch.randn(features, self.extra_channels * self.kernel_dim) / math.sqrt(features))

    def forward(self, h: Tensor) -> Tensor:
        rows = (h.flatten(1) @ self.T).view(len(h), self.extra_channels, self.kernel_dim)  # [N B C]
        distance = (rows[:, None] - rows[None]).abs().sum(dim=3)  # [N N B]
        closeness = torch.exp(-distance).sum(dim=1)  # [N B]
        self.last.keep(closeness)
        channels = closeness.view(*closeness.shape, *[1] * (h.ndim - 2)).expand(-1, -1, *h.shape[2:])
        return torch.cat([h, channels], dim=1)


def build(options: Options, context: Context) -> Parts:
    """The features before D's last layer; the dose is the mean closeness of an image to another of its batch."""
    tail = MinibatchDiscrimination(options)

    def size(net: Network, player: Player) -> None:
        if player == "D":
            hook = tail.register_forward_pre_hook(lambda _, inputs: tail.start(inputs[0]))
            with evaluating(net), torch.no_grad():
                any_class = None if context.draw_labels is None else torch.zeros(1, dtype=torch.int64)
                bound(net, any_class)(torch.zeros(1, *context.image_shape))
            hook.remove()
            tail.last = Last()

    def dose() -> dict[str, float]:
        if (last := tail.last.value) is None:
            return {}
        return {"closeness": float((last - 1).mean()) / (len(last) - 1)}

    return Parts(layers=(size,), d_tail=(tail,), dose=(dose,))


TRICK = Trick(
    name="minibatch_discrimination",
    summary="D sees how close each image is to the others of its batch, as learnt features before its last layer",
    paper="Salimans et al. 2016, arXiv:1606.03498, section 3.2",
    options=Options,
    build=build,
    edits_blocks=lambda options: True,
    acts=lambda dose: 0 < dose["closeness"] < 1,  # no image near any other, or all the same: nothing is told
)
