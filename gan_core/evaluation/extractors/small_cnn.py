"""A small classifier of 32x32 pictures, whose last convolution serves as features.

Features are the last convolution's channels averaged over space, as Inception's are, and not the hidden layer above it:
that one knows little but classes, and puts uniform noise no further away than a single class.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_core.evaluation.extractors.record import ExtractorOutputs

SIZE = 32  # px
NUM_FEATURES = 128
HIDDEN = 64
WIDTHS = ((32, 2), (64, 2), (64, 1), (NUM_FEATURES, 2))  # channels out and stride of each convolution
LAYER = f"last convolution after ReLU, mean over space, {NUM_FEATURES} channels"
RESIZE = "bilinear with antialias"
SCALING = "[0, 255] -> [-1, 1]"


class SmallCNN(nn.Module):
    """Four convolutions, a hidden layer of 64, and the classes: about 10 MFLOP an image. Always in evaluation mode."""

    num_features = NUM_FEATURES

    def __init__(self, channels: int, classes: int, unpadded: int | None = None) -> None:
        """`unpadded`: pictures of this size (px) are padded with zeros to what the network sees, not resized."""
        super().__init__()
        self.channels, self.unpadded = channels, unpadded
        widths = [channels, *(c_out for c_out, _ in WIDTHS)]
        convolutions = [
            nn.Conv2d(c_in, c_out, 3, stride, 1) for c_in, (c_out, stride) in zip(widths[:-1], WIDTHS, strict=True)
        ]
        self.convolutions = nn.ModuleList(convolutions)  # batch normalisation is folded into them
        self.hidden = nn.Linear(NUM_FEATURES * 2 * 2, HIDDEN)
        self.classify = nn.Linear(HIDDEN, classes)
        self.eval()

    def train(self, mode: bool = True) -> "SmallCNN":
        """Stays in evaluation mode: metrics may hold this network, and switching them must not switch it."""
        return super().train(False)

    def forward(self, images: Tensor) -> ExtractorOutputs:
        """uint8 [N 1 or C H W] in [0, 255] -> features [N 128] and logits [N classes], both float64.

        Grey images are repeated to the network's channels.
        """
        x = images.float().expand(-1, self.channels, -1, -1)
        if x.shape[-2:] == (self.unpadded, self.unpadded):
            x = functional.pad(x, [(SIZE - int(x.shape[-1])) // 2] * 4)  # what the network was trained on
        elif x.shape[-2:] != (SIZE, SIZE):
            x = functional.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False)
        x = (x / 127.5 - 1).contiguous(memory_format=torch.channels_last)  # [N C 32 32] in [-1, 1]
        for convolution in self.convolutions:
            x = functional.relu_(convolution(x))
        features = x.mean(dim=(2, 3))  # [N 128 4 4] -> [N 128]
        hidden = functional.relu(self.hidden(functional.avg_pool2d(x, 2).flatten(1)))
        return ExtractorOutputs(features.double(), self.classify(hidden).double())
