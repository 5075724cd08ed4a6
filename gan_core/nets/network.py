"""The shape that every network has: hidden blocks, then a last layer. Tricks edit blocks, never the last layer."""

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn

from gan_core.seats import Tail


class Network(nn.Module):
    """`blocks`, one after another, then `tails` (D only), then `head`."""

    def __init__(self, blocks: Sequence[nn.Sequential], head: nn.Module, tails: Sequence[Tail] = ()) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.tails = tuple(tails)
        for i, tail in enumerate(tails):
            if isinstance(tail, nn.Module):
                self.add_module(f"tail{i}", tail)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        for tail in self.tails:
            x = tail(x)
        output: Tensor = self.head(x)
        return output


def block(linear: nn.Module, norm: nn.Module | None, activation: nn.Module) -> nn.Sequential:
    """A hidden block with named parts, so that tricks can add theirs by name."""
    parts = [("linear", linear), *([("norm", norm)] if norm is not None else []), ("activation", activation)]
    return nn.Sequential(OrderedDict(parts))
