"""What is known of a feature extractor, and how its weights are loaded."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_core.problems import Problem, UserError
from gan_core.sizes import Size, size_text


class Outputs(NamedTuple):
    """What an extractor's forward pass gives for uint8 images [N C H W]."""

    features: Tensor  # [N d] float64
    logits: Tensor  # [N classes] float64


@dataclass(frozen=True)
class Extractor:
    """A network by name, the file of its weights, and the sha256 that the file must have.

    `build()` makes the network without its weights, `parse(content)` reads the file's bytes into a state dict. The
    network's forward pass is uint8 [N C H W] -> Outputs. For a copy of the weights that lies elsewhere, `replace` the
    path in `weights`: the sha256 stays.
    """

    name: str
    weights: Path
    sha256: str
    num_features: int
    layer: str
    classes: int
    channels: int
    size: int  # px: what the network sees
    resize: str
    scaling: str
    dtype: str
    paper: str
    build: Callable[[], nn.Module] = field(repr=False)
    parse: Callable[[bytes], dict[str, Tensor]] = field(repr=False)
    unpadded_size: int | None = None  # px: pictures of this size are padded to `size` with zeros, not resized

    @property
    def digest(self) -> str:
        """First 8 hex digits of the weights' sha256."""
        return self.sha256[:8]

    def resizing(self, size: Size) -> str:
        """How pictures of that size come to what the network sees, in words: part of a protocol's stamp."""
        how = "zero-padded" if size == self.unpadded_size else self.resize
        return f"{size_text(size)} to {self.size}: {how}"

    def load(self, device: torch.device) -> nn.Module:
        """The network on `device`, in evaluation mode, its weights frozen.

        Raises UserError where the file is missing or is not the one named by `sha256`; that is checked before any of
        it is interpreted.
        """
        try:
            content = self.weights.read_bytes()
        except OSError as error:
            raise UserError(Problem(f"the weights of {self.name} cannot be read: {error}", ("extractor",))) from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            message = f"{self.weights} has the wrong checksum: sha256 {found}, expected {self.sha256}"
            raise UserError(Problem(message, ("extractor",)))
        with torch.device("meta"):  # draws no random numbers for weights that are replaced at once
            network = self.build()
        network.load_state_dict(self.parse(content), assign=True)
        network.to(memory_format=torch.channels_last)  # faster for convolutions
        return network.to(device).eval().requires_grad_(False)
