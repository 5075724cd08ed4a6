"""LeCam: the penalty and its anchors by hand."""

import pytest
import torch
from torch import nn

from gan_core.tricks import lecam
from gan_core.tricks.lecam import Options
from gan_core.tricks.seats import Pass
from tests.gan_core.tricks.linear_d import context


def given(real: list[float], fake: list[float]) -> Pass:
    logits = [torch.tensor(values, requires_grad=True) for values in (real, fake)]
    return Pass(nn.Identity(), torch.zeros(2), torch.zeros(2), *logits)


def test_two_steps_by_hand() -> None:
    parts = lecam.build(Options(weight=0.5, decay=0.9), context())
    (term,) = parts.d_terms
    # The first batch sets the anchors: alpha_R = 2, alpha_F = -1
    first = term.value(given([1.0, 3.0], [-2.0, 0.0]))
    assert first.item() == pytest.approx(0.5 * ((2**2 + 4**2) / 2 + (4**2 + 2**2) / 2))
    # alpha_R = 0.9 * 2 + 0.1 * 0 = 1.8, alpha_F = 0.9 * -1 + 0.1 * 1 = -0.8
    second = given([0.0, 0.0], [1.0, 1.0])
    value = term.value(second)
    assert value.item() == pytest.approx(0.5 * (0.8**2 + 0.8**2))
    value.backward()  # 2 * 0.5 * (logit - other anchor) / N, the anchors standing still
    assert second.logits_real.grad.tolist() == [pytest.approx(0.4)] * 2
    assert second.logits_fake.grad.tolist() == [pytest.approx(-0.4)] * 2
    doses = {name: value for measure in parts.dose for name, value in measure().items()}
    assert doses == {
        "penalty": pytest.approx((20 + 1.28) / 2),
        "anchor_real": pytest.approx(1.8),
        "anchor_fake": pytest.approx(-0.8),
    }


def test_one_sided_forgives_logits_on_the_wrong_side() -> None:
    (term,) = lecam.build(Options(weight=1.0, decay=0.5, one_sided=True), context()).d_terms
    # alpha_R = 0, alpha_F = 1: the real at 3 is above alpha_F by 2; the fake at -1 is below alpha_R by 1
    assert term.value(given([-3.0, 3.0], [-1.0, 3.0])).item() == pytest.approx((0 + 4) / 2 + (1 + 0) / 2)


def test_a_shift_of_all_logits_changes_nothing() -> None:
    plain, shifted = (lecam.build(Options(), context()).d_terms[0] for _ in range(2))
    for real, fake in (([1.0, 2.0], [-1.0, 0.5]), ([0.0, 2.0], [-3.0, 1.0])):
        a = plain.value(given(real, fake))
        b = shifted.value(given([r + 7 for r in real], [f + 7 for f in fake]))
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


def test_the_anchors_are_in_the_checkpoint() -> None:
    one, other = (lecam.build(Options(), context()) for _ in range(2))
    one.d_terms[0].value(given([1.0, 3.0], [-2.0, 0.0]))
    for name in one.state:
        other.state[name].load_state_dict(one.state[name].state_dict())
    values = [float(parts.d_terms[0].value(given([0.0, 1.0], [1.0, 2.0]))) for parts in (one, other)]
    assert values[0] == values[1]
    assert one.dose[0]() == other.dose[0]()
