"""What the layers of one player's network are made with, resolved from the configuration's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from torch import nn

from gan_core.game.player import Player
from gan_core.nets.activations import ACTIVATIONS, Activation
from gan_core.nets.network import block
from gan_core.nets.normalisations import NORMALISATIONS, Normalisation
from gan_core.schema.configuration import Config

Bias = Literal["where_needed", "all", "none"]
NO_NORM = NORMALISATIONS["none"]


class Linear(Protocol):
    """A linear map that wants to know but one thing more, such as `partial(nn.Conv2d, 3, 64, 4)`."""

    def __call__(self, *, bias: bool) -> nn.Module: ...


@dataclass(frozen=True)
class Style:
    """Normalisation, activation, biases and the cap on channels. `vectors`: for [N C], not [N C H W]."""

    norm: Normalisation
    activation: Activation
    last_activation: Activation | None
    bias: Bias
    max_width: int
    vectors: bool

    @classmethod
    def of(cls, config: Config, player: Player, vectors: bool = False) -> "Style":
        """The style of G or D."""
        norm, activation = (
            (config.norm_g, config.activation_g) if player == "G" else (config.norm_d, config.activation_d)
        )
        last = config.last_activation_d if player == "D" else "none"
        return cls(
            NORMALISATIONS[norm],
            ACTIVATIONS[activation],
            None if last == "none" else ACTIVATIONS[last],
            config.bias,
            config.max_width,
            vectors,
        )

    def channels(self, count: int) -> int:
        """So many channels (or units), within the cap."""
        return min(count, self.max_width)

    def block(
        self,
        linear: Linear,
        channels: int,
        normed: bool = True,
        before: Mapping[str, nn.Module] = MappingProxyType({}),
    ) -> nn.Sequential:
        """A hidden block whose linear map gives so many channels."""
        norm = self.norm if normed else NO_NORM
        return block(
            self.biased(linear, norm),
            self.normalise(norm, channels),
            self.activation.build(),
            before,
            norm.after_activation,
        )

    def head(self, linear: Linear) -> nn.Module:
        """A last layer."""
        return self.biased(linear, NO_NORM)

    def last(self) -> nn.Module | None:
        """What D's logit passes through, if anything."""
        return None if self.last_activation is None else self.last_activation.build(inplace=False)

    def biased(self, linear: Linear, followed_by: Normalisation) -> nn.Module:
        """The linear map, with a bias where there is to be one before that normalisation."""
        return linear(bias=self.has_bias(followed_by))

    def has_bias(self, followed_by: Normalisation) -> bool:
        """Whether a linear map has a bias before that normalisation."""
        return self.bias == "all" or (self.bias == "where_needed" and not followed_by.shifts)

    def normalise(self, norm: Normalisation, channels: int) -> nn.Module | None:
        """The normalisation's module. The configuration was checked: there is one for vectors where they need one."""
        build = norm.vectors if self.vectors else norm.maps
        assert build is not None
        return build(channels)
