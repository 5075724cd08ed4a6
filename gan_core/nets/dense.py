"""Convolutions whose kernel is as large as the map: on a CPU, plain matrix products.

z enters DCGAN's generator through one and D's logit leaves through the other. oneDNN's convolutions take three to five
times as long for them. The weights keep their shapes, and on a GPU, or where the map is larger, all is torch's own.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class FromVector(nn.ConvTranspose2d):
    """[N c_in 1 1] -> [N c_out h w] with a kernel h x w, stride 1, no padding."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        if output_size is not None or input.shape[2:] != (1, 1) or not _is_plain(self, input):
            return super().forward(input, output_size)
        kernel = self.weight.permute(0, 2, 3, 1)  # [c_in h w c_out]
        height, width = self.kernel_size
        bias = None if self.bias is None else self.bias.repeat(height * width)
        maps = linear(input.flatten(1), kernel.flatten(1).t(), bias)
        return maps.reshape(-1, *kernel.shape[1:]).permute(0, 3, 1, 2)


class ToVector(nn.Conv2d):
    """[N c_in h w] -> [N c_out 1 1] with a kernel h x w, stride 1, no padding."""

    def forward(self, input: Tensor) -> Tensor:
        if input.shape[2:] != self.kernel_size or not _is_plain(self, input):
            return super().forward(input)
        rows, kernel = (x.permute(0, 2, 3, 1).flatten(1) for x in (input, self.weight))
        return linear(rows, kernel, self.bias)[:, :, None, None]


def _is_plain(layer: nn.Conv2d | nn.ConvTranspose2d, x: Tensor) -> bool:
    is_transposed = isinstance(layer, nn.ConvTranspose2d)
    geometry = (layer.stride, layer.padding, layer.dilation, layer.groups, layer.padding_mode)
    has_more = is_transposed and layer.output_padding != (0, 0)
    return x.device == torch.device("cpu") and geometry == ((1, 1), (0, 0), (1, 1), 1, "zeros") and not has_more
