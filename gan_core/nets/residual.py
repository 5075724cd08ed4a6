"""A residual block before whose convolutions normalisation and activation stand: He et al. 2016, arXiv:1603.05027.

As in GANs since Gulrajani et al. 2017 (arXiv:1704.00028): Miyato et al. 2018, arXiv:1802.05957, appendix B, figure 8.
"""

from functools import partial
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from gan_core.nets.style import NO_NORM, Style

Resample = Literal["up", "down", "none"]


class ResidualBlock(nn.Module):
    """[N c_in H W] -> [N c_out H' W'], H' being H, 2 H (nearest neighbours) or H / 2 (means).

    The shortcut is a 1x1 convolution where size or channels change. `on_images`: nothing stands before the first
    convolution, and the shortcut shrinks before it convolves, as in D's first block ("optimized block").
    """

    def __init__(self, style: Style, c_in: int, c_out: int, resample: Resample, on_images: bool = False) -> None:
        super().__init__()
        self.resample, self.on_images, self.norm_last = resample, on_images, style.norm.after_activation
        hidden = c_out if on_images or resample == "up" else c_in
        before = NO_NORM if on_images else style.norm
        self.norm1 = style.normalise(before, c_in)
        # Not in place: the shortcut needs what comes in
        self.activation1 = None if on_images else style.activation.build(inplace=False)
        self.conv1 = style.biased(partial(nn.Conv2d, c_in, hidden, 3, 1, 1), style.norm)
        self.norm2 = style.normalise(style.norm, hidden)
        self.activation2 = style.activation.build()
        self.conv2 = style.head(partial(nn.Conv2d, hidden, c_out, 3, 1, 1))
        changes = c_in != c_out or resample != "none"
        self.shortcut = style.head(partial(nn.Conv2d, c_in, c_out, 1)) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        h = self._prepared(x, self.norm1, self.activation1)
        h = self.conv1(_doubled(h) if self.resample == "up" else h)
        h = self.conv2(self._prepared(h, self.norm2, self.activation2))
        return (_halved(h) if self.resample == "down" else h) + self._shortcut(x)

    def _prepared(self, x: Tensor, norm: nn.Module | None, activation: nn.Module | None) -> Tensor:
        """What a convolution gets: the input normalised and activated, in the normalisation's order."""
        for part in (activation, norm) if self.norm_last else (norm, activation):
            x = x if part is None else part(x)
        return x

    def _shortcut(self, x: Tensor) -> Tensor:
        if self.shortcut is None:
            return x
        if self.resample == "up":
            x = _doubled(x)
        if self.resample == "down" and self.on_images:
            return self.shortcut(_halved(x))  # type: ignore[no-any-return]
        x = self.shortcut(x)
        return _halved(x) if self.resample == "down" else x


def _doubled(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="nearest")


def _halved(x: Tensor) -> Tensor:
    return avg_pool2d(x, 2)
