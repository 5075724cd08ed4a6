"""Maps doubled and halved by interpolation: the low-pass filter [1 3 3 1] / 8 along each axis.

Doubling puts zeros between the pixels and then filters, with twice the weights: each new pixel is 3/4 of the nearest
and 1/4 of the next nearest, which is bilinear interpolation. Beyond the border everything is 0. The filter is [1 2 1],
as in StyleGAN2 (Karras et al. 2020, arXiv:1912.04958), smeared over two pixels, as in R3GAN's code (Huang et al. 2024,
arXiv:2501.05441).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d


class _Filter(nn.Module):
    """Its kernel [1 1 4 4] sums to `total`. It is no weight: it is neither trained nor saved."""

    def __init__(self, total: float) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", total * torch.outer(taps, taps)[None, None], persistent=False)
        self.kernel: Tensor

    def per_channel(self, x: Tensor) -> Tensor:
        """[C 1 4 4], the same for each of x's channels."""
        return self.kernel.expand(x.shape[1], -1, -1, -1)


class SmoothDoubling(_Filter):
    """[N C H W] -> [N C 2H 2W]."""

    def __init__(self) -> None:
        super().__init__(total=4.0)

    def forward(self, x: Tensor) -> Tensor:
        return conv_transpose2d(x, self.per_channel(x), stride=2, padding=1, groups=x.shape[1])


class SmoothHalving(_Filter):
    """[N C 2H 2W] -> [N C H W]."""

    def __init__(self) -> None:
        super().__init__(total=1.0)

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.per_channel(x), stride=2, padding=1, groups=x.shape[1])
