"""Convolutions that halve or double a map (kernel 4, stride 2, padding 1), as a CPU computes them fastest.

Each is the gradient of the other with respect to its input. Where the larger map has few channels, as the image has,
oneDNN doubles slowly, so there doubling is written as an ordinary convolution that gives each pixel's four children as
channels, and an interleaving of them: Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?"
(arXiv:1609.07009). It has the same terms in another order. On a GPU, and in any other geometry, all is torch's own.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

FEW = 16  # channels of the larger map; with more of them oneDNN doubles as fast
GEOMETRY = ((4, 4), (2, 2), (1, 1), (1, 1), 1, "zeros")  # kernel, stride, padding, dilation, groups, padding mode


class Halving(nn.Conv2d):
    """A convolution; the geometry decides whether it is one that this file is about."""

    def forward(self, input: Tensor) -> Tensor:
        is_even = not (input.shape[2] % 2 or input.shape[3] % 2)
        if is_even and _has_geometry(self) and _is_slow(input, self.in_channels):
            half: Tensor = _Halve.apply(*_in_format(input, self.weight, self.bias))
            return half
        return super().forward(input)


class Doubling(nn.ConvTranspose2d):
    """A transposed convolution; the geometry decides whether it is one that this file is about."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        is_plain = output_size is None and self.output_padding == (0, 0)
        if is_plain and _has_geometry(self) and _is_slow(input, self.out_channels):
            double: Tensor = _Double.apply(*_in_format(input, self.weight, self.bias))
            return double
        return super().forward(input, output_size)


class _Halve(torch.autograd.Function):
    """[N c_in 2H 2W] -> [N c_out H W], for a weight [c_out c_in 4 4] and a bias [c_out] or none."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return conv2d(x, weight, bias, stride=2, padding=1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        return (
            _Double.apply(grad, weight, None) if wants_x else None,
            _weight_gradient(x, grad, weight) if wants_weight else None,
            grad.sum((0, 2, 3)) if wants_bias else None,
        )


class _Double(torch.autograd.Function):
    """[N c_in H W] -> [N c_out 2H 2W], for a weight [c_in c_out 4 4] and a bias [c_out] or none."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return doubled(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        return (
            _Halve.apply(grad, weight, None) if wants_x else None,
            _weight_gradient(grad, x, weight) if wants_weight else None,
            grad.sum((0, 2, 3)) if wants_bias else None,
        )


def doubled(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`conv_transpose2d(x, weight, bias, stride=2, padding=1)` as a convolution and an interleaving.

    The window over pixels i - 1 and i gives the rows 2i - 1 and 2i: row 2i - 1 + a takes tap a of pixel i and tap a + 2
    of pixel i - 1. The first and the last row of all windows lie outside the map. Columns are the same.
    """
    (n, _, height, width), (c_in, c_out) = x.shape, weight.shape[:2]
    taps = weight.reshape(c_in, c_out, 2, 2, 2, 2).flip(2, 4)  # [c_in c_out pixel a pixel a], pixel i - 1 first
    kernel = taps.permute(3, 5, 1, 0, 2, 4).reshape(4 * c_out, c_in, 2, 2)
    children = conv2d(x, _by_pixel(kernel), None if bias is None else bias.repeat(4), padding=1).permute(0, 2, 3, 1)
    rows = children.reshape(n, height + 1, width + 1, 2, 2, c_out).transpose(2, 3)
    image = rows.reshape(n, 2 * height + 2, 2 * width + 2, c_out)[:, 1:-1, 1:-1]
    return _by_pixel(image.permute(0, 3, 1, 2))


def _weight_gradient(large: Tensor, small: Tensor, weight: Tensor) -> Tensor:
    """Of a halving, whose input is `large`, `small` being the gradient at its output; of a doubling the reverse."""
    mask = [False, True, False]
    both, one = [2, 2], [1, 1]
    gradient: Tensor = torch.ops.aten.convolution_backward(
        small, large, weight, None, both, one, one, False, [0, 0], 1, mask
    )[1]
    return gradient


def _has_geometry(layer: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    here = (layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups, layer.padding_mode)
    return here == GEOMETRY


def _is_slow(x: Tensor, channels: int) -> bool:
    return x.device.type == "cpu" and channels <= FEW


def _in_format(*tensors: Tensor | None) -> tuple[Tensor | None, ...]:
    """In the format that autocast would give a convolution's inputs."""
    if not torch.is_autocast_enabled("cpu"):
        return tensors
    return tuple(None if tensor is None else tensor.to(torch.get_autocast_dtype("cpu")) for tensor in tensors)


def _by_pixel(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
