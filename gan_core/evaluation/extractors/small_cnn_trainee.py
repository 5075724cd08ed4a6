"""SmallCNN while it is trained: with batch normalisation and dropout, which are gone from what is kept."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from gan_core.evaluation.extractors.small_cnn import WIDTHS, SmallCNN

DROPOUT = 0.2


class Trainee(nn.Module):
    """SmallCNN with batch normalisation after each convolution and dropout before each linear layer."""

    def __init__(self, target: SmallCNN) -> None:
        super().__init__()
        self.target = target
        self.norms = nn.ModuleList([nn.BatchNorm2d(c_out) for c_out, _ in WIDTHS])

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N C 32 32] in [-1, 1] -> logits [N classes]."""
        x = x.contiguous(memory_format=torch.channels_last)
        for convolution, norm in zip(self.target.convolutions, self.norms, strict=True):
            x = functional.relu_(norm(convolution(x)))
        x = functional.dropout(functional.avg_pool2d(x, 2).flatten(1), DROPOUT, self.training)
        x = functional.relu(self.target.hidden(x))
        return self.target.classify(functional.dropout(x, DROPOUT, self.training))  # type: ignore[no-any-return]

    def folded(self) -> SmallCNN:
        """The target with the running statistics folded into its convolutions."""
        self.eval()
        for index, (convolution, norm) in enumerate(zip(self.target.convolutions, self.norms, strict=True)):
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            self.target.convolutions[index] = fuse_conv_bn_eval(convolution, norm)
        return self.target
