"""The Inception network of 2015-12-05, in torch-fidelity's port, which the published FIDs were measured with.

Szegedy et al. 2016 (arXiv:1512.00567), trained on ImageNet; as FID's features since Heusel et al. 2017
(arXiv:1706.08500). Images come to 299 px by torch-fidelity's own bilinear interpolation, which is TensorFlow 1's;
torchmetrics' default since 1.8 is another one (with antialias) and gives other scores. Grey images are repeated to
three channels. The weights (Apache License 2.0) are downloaded; `inception` means torch-fidelity's file and no other.
"""

import io
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.evaluation.extractors.record import Extractor, ExtractorOutputs
from gan_core.evaluation.extractors.store import Download

SIZE = 299  # px
CLASSES = 1008
LAYERS = {64: "first max pool", 192: "second max pool", 768: "Mixed_6e", 2048: "last pool"}
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"


class Inception(nn.Module):
    """torch-fidelity's network: one layer's channels averaged over space, and the logits without their bias.

    As torch-fidelity and torchmetrics do, scores that read class probabilities take the logits without bias.
    """

    def __init__(self, layer: int) -> None:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3  # seconds to import

        class WithoutWeights(FeatureExtractorInceptionV3):  # type: ignore[misc]
            """Its constructor would download, or unpickle without restrictions: it is given an empty state."""

            def load_state_dict(self, state: Any, *arguments: Any, **named: Any) -> Any:
                return super().load_state_dict(state, *arguments, **named) if state else None

        super().__init__()
        self.num_features = layer
        empty = io.BytesIO()
        torch.save({}, empty)
        empty.seek(0)
        self.network = WithoutWeights(
            "inception", [str(layer), "logits_unbiased"], feature_extractor_weights_path=empty
        )

    def train(self, mode: bool = True) -> "Inception":
        """Stays in evaluation mode: metrics may hold this network, and switching them must not switch it."""
        return super().train(False)

    def forward(self, images: Tensor) -> ExtractorOutputs:
        """uint8 [N 1 or 3 H W] in [0, 255] -> features [N layer] and logits [N 1008], both float64."""
        features, logits = self.network(images.expand(-1, 3, -1, -1))
        return ExtractorOutputs(features.double(), logits.double())


def parse(content: bytes) -> dict[str, Tensor]:
    """The file's tensors under the names that `Inception` has; no other objects are unpickled."""
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return {f"network.{name}": tensor for name, tensor in state.items()}


def _extractor(layer: int) -> Extractor:
    return Extractor(
        name="inception" if layer == 2048 else f"inception-{layer}",
        weights=None,
        sha256=SHA256,
        num_features=layer,
        layer=f"{LAYERS[layer]}, mean over space, {layer} channels",
        classes=CLASSES,
        channels=3,
        size=SIZE,
        resize="torch-fidelity's bilinear, as TensorFlow 1's, without antialias",
        scaling="(x - 128) / 128",
        dtype="float32",
        paper="Szegedy et al. 2016, arXiv:1512.00567; Heusel et al. 2017, arXiv:1706.08500",
        build=partial(Inception, layer),
        parse=parse,
        repeats_grey=True,
        batch=50,
        libraries=("torch-fidelity",),
        download=Download(URL, 95_628_359),
    )


INCEPTION, INCEPTION_768, INCEPTION_192, INCEPTION_64 = map(_extractor, (2048, 768, 192, 64))
