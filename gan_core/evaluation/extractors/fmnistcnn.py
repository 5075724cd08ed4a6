"""A small classifier of Fashion-MNIST, whose last convolution serves as features for grey pictures.

Precedent: Binkowski et al. 2018 (arXiv:1801.01401) score MNIST with a LeNet. Features are the last convolution's
channels averaged over space, as Inception's are, and not the hidden layer above it: that one knows little but classes,
and puts uniform noise no further away than a single class. Distances in these features compare with nothing but
themselves: another training seed moves a FID by 30 to 50 %, so the weights' digest is part of every score's name.
`train_fmnistcnn.py` trained the weights; README.md beside it says how, and how accurate they are.
"""

from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_core.evaluation.extractors.record import Extractor, ExtractorOutputs

SIZE = 32  # px
UNPADDED = 28  # px, as the pictures were published
NUM_FEATURES = 128
HIDDEN = 64
CLASSES = 10
CONVOLUTIONS = ((1, 32, 2), (32, 64, 2), (64, 64, 1), (64, NUM_FEATURES, 2))  # channels in, channels out, stride


class FmnistCNN(nn.Module):
    """Four convolutions, a hidden layer of 64, ten classes: about 10 MFLOP an image. Always in evaluation mode."""

    num_features = NUM_FEATURES

    def __init__(self) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(c_in, c_out, 3, stride, 1) for c_in, c_out, stride in CONVOLUTIONS]
        self.convolutions = nn.ModuleList(convolutions)  # batch normalisation is folded into them
        self.hidden = nn.Linear(NUM_FEATURES * 2 * 2, HIDDEN)
        self.classify = nn.Linear(HIDDEN, CLASSES)
        self.eval()

    def train(self, mode: bool = True) -> "FmnistCNN":
        """Stays in evaluation mode: metrics may hold this network, and switching them must not switch it."""
        return super().train(False)

    def forward(self, images: Tensor) -> ExtractorOutputs:
        """uint8 [N 1 H W] in [0, 255] -> features [N 128] and logits [N 10], both float64."""
        x = images.float()
        if x.shape[-2:] == (UNPADDED, UNPADDED):
            x = functional.pad(x, [(SIZE - UNPADDED) // 2] * 4)  # what the network was trained on
        elif x.shape[-2:] != (SIZE, SIZE):
            x = functional.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False)
        x = (x / 127.5 - 1).contiguous(memory_format=torch.channels_last)  # [N 1 32 32] in [-1, 1]
        for convolution in self.convolutions:
            x = functional.relu_(convolution(x))
        features = x.mean(dim=(2, 3))  # [N 128 4 4] -> [N 128]
        hidden = functional.relu(self.hidden(functional.avg_pool2d(x, 2).flatten(1)))
        return ExtractorOutputs(features.double(), self.classify(hidden).double())


FMNISTCNN = Extractor(
    name="fmnistcnn",
    weights=Path(__file__).with_suffix(".safetensors"),
    sha256="ba693ea7302493d512f27cdc45cae1c238da4f5c057952c60d0295697c82afe0",
    num_features=NUM_FEATURES,
    layer="last convolution after ReLU, mean over space, 128 channels",
    classes=CLASSES,
    channels=1,
    size=SIZE,
    resize="bilinear with antialias",
    scaling="[0, 255] -> [-1, 1]",
    dtype="float32",
    paper="precedent: Binkowski et al. 2018, arXiv:1801.01401",
    build=FmnistCNN,
    parse=safetensors.torch.load,
    unpadded_size=UNPADDED,
)
