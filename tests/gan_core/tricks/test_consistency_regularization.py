"""Consistency regularisation on linear Ds, of which is known what a flip and a shift do to them."""

import pytest
import torch
from torch import Tensor, nn

from gan_core.datasets.batches import ImageArray
from gan_core.tricks.consistency_regularization import Options, build
from tests.gan_core.trainer import steps, tiny_state
from tests.gan_core.tricks.linear_d import LinearD, a_pass, context, uniform


def penalty(D: nn.Module, x_real: Tensor, x_fake: Tensor, **options: float) -> Tensor:
    (term,) = build(Options(**options), context()).d_terms
    return term.value(a_pass(D, x_real, x_fake))


def dots(count: int) -> Tensor:
    """One bright pixel in the middle of 17x17."""
    x = torch.zeros(count, 1, 17, 17)
    x[:, :, 8, 8] = 1
    return x


@pytest.mark.parametrize("shift", [1, 4])
def test_shifts_are_uniform_and_reach_as_far_as_asked(shift: int) -> None:
    """D is the dot's column, and so D(T(x)) - D(x) the shift to the right: E k^2 = s (s + 1) / 3."""
    D = LinearD(torch.arange(17.0).repeat(17))
    value = penalty(D, dots(5000), dots(1), weight=1.0, shift=shift, flip=False)
    assert value.item() == pytest.approx(shift * (shift + 1) / 3, rel=0.05)


def test_half_of_the_images_are_flipped() -> None:
    w, x = uniform(1, 1, 4, 6)[0], uniform(1, 1, 4, 6, seed=1)
    flipped = float((w * (x - x.flip(3))).sum()) ** 2
    value = penalty(LinearD(w.flatten()), x.expand(4000, -1, -1, -1), x, weight=3.0, shift=0)
    assert value.item() == pytest.approx(3 * flipped / 2, rel=0.05)


def test_a_d_that_does_not_mind_pays_nothing_and_another_is_told_which_way_to_go() -> None:
    x = uniform(64, 1, 8, 8)
    assert penalty(LinearD(torch.zeros(64)), x, x).item() == 0
    D = LinearD(uniform(64, seed=2))
    first = penalty(D, x, x)
    first.backward()
    with torch.no_grad():
        D.w -= 1e-3 * D.w.grad
    assert penalty(D, x, x).item() < first.item()


def test_fakes_count_on_request_with_a_weight_of_their_own() -> None:
    D = LinearD(torch.arange(17.0).repeat(17))
    nothing, x = torch.zeros(5000, 1, 17, 17), dots(5000)
    assert penalty(D, nothing, x, flip=False).item() == 0
    value = penalty(D, nothing, x, flip=False, fake_weight=2.0, shift=4)
    assert value.item() == pytest.approx(2 * 20 / 3, rel=0.05)


def test_the_dose_is_the_difference_before_its_weight(images: ImageArray) -> None:
    state = steps(tiny_state(images, consistency_regularization={"weight": 0.5, "fake_weight": 2.0}), 1)
    dose = state.doses["consistency_regularization"][0]()
    noted = state.meter.take()["consistency_regularization"]
    assert noted == pytest.approx(0.5 * dose["squared_difference_real"] + 2 * dose["squared_difference_fake"], rel=1e-5)
