"""Minibatch discrimination against loops written from the paper."""

import math

import pytest
import torch

from gan_core.datasets.batches import ImageArray
from gan_core.tricks.minibatch_discrimination import MinibatchDiscrimination, Options
from tests.gan_core.trainer import steps, tiny_state


def started(h: torch.Tensor, kernels: int = 3, kernel_dim: int = 2) -> MinibatchDiscrimination:
    torch.manual_seed(0)
    tail = MinibatchDiscrimination(Options(kernels=kernels, kernel_dim=kernel_dim))
    tail.start(h)
    return tail


@pytest.mark.parametrize("shape", [(5, 7), (5, 3, 2, 4)], ids=str)
def test_the_paper_s_sums(shape: tuple[int, ...]) -> None:
    h = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    tail = started(h)
    y = tail(h).detach()
    T = tail.T.detach().view(-1, 3, 2)  # A x B x C
    f = h.flatten(1)
    for i in range(5):
        for b in range(3):
            o = 0.0
            for j in range(5):
                distance = sum(
                    abs(sum(float((f[i, a] - f[j, a]) * T[a, b, c]) for a in range(len(T)))) for c in range(2)
                )
                o += math.exp(-distance)
            torch.testing.assert_close(y[i, shape[1] + b], torch.full(shape[2:], o), rtol=1e-4, atol=1e-5)
    assert torch.equal(y[:, : shape[1]], h)


def test_images_that_are_alike_are_close_and_ones_far_apart_are_alone() -> None:
    h = torch.cat([torch.ones(4, 6), 1e4 * torch.randn(4, 6, generator=torch.Generator().manual_seed(0))])
    closeness = started(h)(h)[:, 6:].detach()
    torch.testing.assert_close(closeness[:4], torch.full((4, 3), 4.0))
    torch.testing.assert_close(closeness[4:], torch.full((4, 3), 1.0))


def test_d_learns_its_tensor_and_g_learns_through_it(images: ImageArray) -> None:
    state = tiny_state(images, minibatch_discrimination={"kernels": 6, "kernel_dim": 2})
    (tail,) = state.parts.d_tail
    assert isinstance(tail, MinibatchDiscrimination)
    assert tail.T.shape == (8 * 4 * 4, 12)
    assert state.D.head.in_channels == 8 + 6
    before = tail.T.detach().clone()
    assert any(p is tail.T for group in state.opt_d.param_groups for p in group["params"])
    steps(state, 2)
    assert not torch.equal(before, tail.T)
    x = torch.randn(8, 1, 16, 16, requires_grad=True)
    state.D(x)[0].backward()
    assert x.grad is not None
    assert float(x.grad[1:].abs().sum()) > 0  # the verdict on one image depends on the others


def test_measuring_d_s_features_leaves_its_statistics_alone(images: ImageArray) -> None:
    state, plain = tiny_state(images, minibatch_discrimination=True), tiny_state(images)
    buffers = dict(state.D.named_buffers())
    for name, buffer in plain.D.named_buffers():
        assert torch.equal(buffers[name], buffer), name
    assert all(module.training for module in state.D.modules())


def test_the_dose_is_the_mean_closeness_of_two_images(images: ImageArray) -> None:
    state = tiny_state(images, minibatch_discrimination=4)
    (dose,), (tail,) = state.doses["minibatch_discrimination"], state.parts.d_tail
    assert dose() == {}
    h = torch.randn(6, 8, 4, 4, generator=torch.Generator().manual_seed(0))
    closeness = tail(h)[:, 8:, 0, 0].detach()
    assert dose()["closeness"] == pytest.approx(float(((closeness - 1) / 5).mean()), rel=1e-5)
