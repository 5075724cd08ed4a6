"""A convolution that keeps the size of a map, and says how large its initial weights are to be."""

from torch import nn


class GainedConvolution(nn.Conv2d):
    """[N c_in H W] -> [N c_out H W], stride 1, an odd kernel; `gain`: for initialisations that ask layers for it."""

    def __init__(
        self, c_in: int, c_out: int, kernel: int, groups: int = 1, gain: float = 1.0, bias: bool = False
    ) -> None:
        super().__init__(c_in, c_out, kernel, padding=kernel // 2, groups=groups, bias=bias)
        self.gain = gain
