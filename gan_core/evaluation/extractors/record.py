"""What is known of a feature extractor, and how its weights are loaded."""

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_core.evaluation.extractors import store
from gan_core.evaluation.extractors.store import Download
from gan_core.problems import Problem, UserError
from gan_core.schema.sizes import Size, size_text


class ExtractorOutputs(NamedTuple):
    """What an extractor's forward pass gives for uint8 images [N C H W]."""

    features: Tensor  # [N d] float64
    logits: Tensor  # [N classes] float64


@dataclass(frozen=True)
class Extractor:
    """A network by name, the file of its weights, and the sha256 that the file must have.

    `build()` makes the network without its weights, `parse(content)` reads the file's bytes into a state dict. The
    network's forward pass is uint8 [N C H W] -> ExtractorOutputs. For a copy of the weights that lies elsewhere,
    `replace` the path in `weights`: the sha256 stays. Where `weights` is None they are in the store of weights, see
    `located`; `supplied` says how a person puts them there. `complete(extractor, content)` adds what only the file
    knows, once it is located; until then the fields hold what is possible for such a file.
    """

    name: str
    weights: Path | None
    sha256: str  # or its first digits, at least eight, until the extractor is `located`
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
    repeats_grey: bool = False  # images of one channel are seen as `channels` equal ones
    batch: int = 250  # images a forward pass
    libraries: tuple[str, ...] = ()  # whose versions its scores depend on, beside those that all scores depend on
    download: Download | None = None
    doubtful_logits: str = ""  # why no score may read them
    class_names: tuple[str, ...] = ()  # in the logits' order; () where nothing says
    suffix: str = store.SUFFIX  # of the file in the store
    supplied: str = "give the file with --inception-weights FILE or $GAN_ABLATIONS_INCEPTION_WEIGHTS"
    complete: Callable[["Extractor", bytes], "Extractor"] | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """First 8 hex digits of the weights' sha256."""
        return self.sha256[:8]

    def resizing(self, size: Size) -> str:
        """How pictures of that size come to what the network sees, in words: part of a protocol's stamp."""
        how = "zero-padded" if size == self.unpadded_size else self.resize
        return f"{size_text(size)} to {self.size}: {how}"

    def sees(self, channels: int) -> bool:
        """Whether images of so many channels can be given to it."""
        return channels == self.channels or (channels == 1 and self.repeats_grey)

    def of_digest(self, digest: str) -> "Extractor":
        """The same network with the weights of another digest, of which nothing but that is known."""
        if self.sha256.startswith(digest):
            return self
        reason = f"the weights {digest[:8]} are not those that {self.name} is known by: their classes can't be trusted"
        return replace(self, sha256=digest, download=None, doubtful_logits=reason)

    def located(self, home: Path) -> "Extractor":
        """With the path of the weights in the store of `home`, and their whole sha256. Raises UserError if missing."""
        if self.weights is not None:
            return self
        path = store.locate(home, self.sha256, self.suffix)
        if path is None:
            message = f"the weights of {self.name} (sha256 {self.sha256}) are not in {home / 'weights'}"
            raise UserError(Problem(f"{message}; {self.by_hand}", ("extractor",)))
        found = replace(self, weights=path, sha256=path.stem)
        return found if self.complete is None else self.complete(found, found.content())

    @property
    def by_hand(self) -> str:
        """How a person supplies the weights."""
        source = f"download {self.download.url} ({self.download.size:,} bytes), and " if self.download else ""
        return f"{source}{self.supplied}"

    def load(self, device: torch.device) -> nn.Module:
        """The network on `device`, in evaluation mode, its weights frozen.

        Raises UserError where the file is missing or is not the one named by `sha256`; that is checked before any of
        it is interpreted.
        """
        content = self.content()
        network = self._blank()
        try:
            network.load_state_dict(self.parse(content), assign=True)
        except (RuntimeError, ValueError, AttributeError, pickle.UnpicklingError) as error:
            first = str(error).strip().partition("\n")[0]
            message = f"{self.weights} holds no weights of {self.name}: {first}"
            raise UserError(Problem(message, ("extractor",))) from error
        return self._ready(network, device)

    def untrained(self, device: torch.device) -> nn.Module:
        """The network with weights of zero: what a forward pass costs, without the file."""
        network = self._blank().to_empty(device="cpu")
        for tensor in (*network.parameters(), *network.buffers()):
            tensor.data.zero_()
        return self._ready(network, device)

    def content(self) -> bytes:
        """The file's bytes. Raises UserError where it is missing or is not the one named by `sha256`."""
        if self.weights is None:
            raise ValueError(f"{self.name} is not located yet")
        try:
            content = self.weights.read_bytes()
        except OSError as error:
            raise UserError(Problem(f"the weights of {self.name} cannot be read: {error}", ("extractor",))) from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            message = f"{self.weights} has the wrong checksum: sha256 {found}, expected {self.sha256}"
            raise UserError(Problem(f"{message}; remove it, then {self.by_hand}", ("extractor",)))
        return content

    def _blank(self) -> nn.Module:
        with torch.device("meta"):  # draws no random numbers for weights that are replaced at once
            return self.build()

    def _ready(self, network: nn.Module, device: torch.device) -> nn.Module:
        network.to(memory_format=torch.channels_last)  # faster for convolutions
        return network.to(device).eval().requires_grad_(False)
