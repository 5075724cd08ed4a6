"""The shape that every network has: hidden blocks, then a last layer. Tricks edit blocks, never the last layer."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor, nn

from gan_core.nets.conditional import Condition
from gan_core.nets.precision import PRECISIONS


class Tail(Protocol):
    """A module before D's last layer, and the channels that it adds."""

    extra_channels: int

    def __call__(self, h: Tensor) -> Tensor: ...


class Network(nn.Module):
    """`blocks`, one after another, then `tails` (D only), then `head`.

    In training it computes in its `precision`, and gives float32. A network with a `condition` is told classes: it is
    called through `bound`.
    """

    precision = PRECISIONS["float32"]
    condition: Condition | None = None

    def __init__(self, blocks: Sequence[nn.Sequential], head: nn.Module, tails: Sequence[Tail] = ()) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.tails = tuple(tails)
        for i, tail in enumerate(tails):
            if isinstance(tail, nn.Module):
                self.add_module(f"tail{i}", tail)
        self.head = head

    def parts(self) -> tuple[nn.Module, ...]:
        """What a batch passes through on its way, as far as its size in memory goes: the hidden blocks."""
        return tuple(self.blocks)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.precision.autocast is None:
            return self._output(x)
        with torch.autocast(x.device.type, self.precision.autocast):
            output = self._output(x)
        return output.float()

    def _output(self, x: Tensor) -> Tensor:
        return self._from_features(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """[N C ...]: what the last hidden block gives."""
        for block in self.blocks:
            x = block(x)
        return x

    def _from_features(self, h: Tensor) -> Tensor:
        for tail in self.tails:
            h = tail(h.float())
        output: Tensor = self.head(h)
        return output


class GeneratorNetwork(Network):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]. The first block gives z its form.

    Where it isn't `bounded` it has no tanh, and values outside are clamped only when images are drawn.
    """

    bounded = True

    def __init__(self, blocks: Sequence[nn.Sequential], head: nn.Module) -> None:
        super().__init__(blocks, head)

    def forward(self, z: Tensor) -> Tensor:
        images = super().forward(z)
        return images.tanh() if self.bounded else images


class DiscriminatorNetwork(Network):
    """Images [N C H W] -> logits [N], which pass through `last_activation` where there is one.

    `answer`: what answers for the class in a conditional D, from the features before tails and head, and the logits.
    """

    def __init__(
        self, blocks: Sequence[nn.Sequential], head: nn.Module, tails: Sequence[Tail], last_activation: nn.Module | None
    ) -> None:
        super().__init__(blocks, head, tails)
        self.last_activation = last_activation
        self.answer: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        logits = super().forward(x).flatten()
        return logits if self.last_activation is None else self.last_activation(logits)

    def _output(self, x: Tensor) -> Tensor:
        if self.answer is None:
            return super()._output(x)
        h = self.features(x)
        output: Tensor = self.answer(h, self._from_features(h))
        return output


def block(
    linear: nn.Module,
    norm: nn.Module | None,
    activation: nn.Module,
    before: Mapping[str, nn.Module] = MappingProxyType({}),
    norm_last: bool = False,
) -> nn.Sequential:
    """A hidden block with named parts, so that tricks can add theirs by name.

    `before`: what the input passes before `linear`; `norm_last`: whether the normalisation comes after the activation.
    """
    parts = [("linear", linear), ("activation", activation)]
    if norm is not None:
        parts.insert(2 if norm_last else 1, ("norm", norm))
    return nn.Sequential(OrderedDict([*before.items(), *parts]))
