"""Noisy labels: their ranges and moments."""

import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.problems import UserError
from gan_core.tricks import noisy_labels
from gan_core.tricks.noisy_labels import Options
from tests.gan_core.tricks.linear_d import context


def test_targets_are_uniform_in_their_ranges_an_image_each() -> None:
    parts = noisy_labels.build(Options(), context())
    t_real, t_fake = parts.targets[0](torch.ones(20_000), torch.zeros(20_000))
    for targets, low, high in ((t_real, 0.7, 1.2), (t_fake, 0.0, 0.3)):
        assert low - 1e-6 <= float(targets.min()) < low + 0.001
        assert high - 0.001 < float(targets.max()) <= high + 1e-6
        assert float(targets.mean()) == pytest.approx((low + high) / 2, abs=0.005)
        assert float(targets.std()) == pytest.approx((high - low) / 12**0.5, rel=0.02)
    assert abs(float(torch.corrcoef(torch.stack([t_real, t_fake]))[0, 1])) < 0.03
    assert parts.dose[0]() == {
        "target_real": pytest.approx(float(t_real.mean())),
        "target_fake": pytest.approx(float(t_fake.mean())),
    }


def test_targets_are_drawn_anew_each_time() -> None:
    (draw,) = noisy_labels.build(Options(), context()).targets
    assert not torch.equal(draw(torch.ones(8), torch.zeros(8))[0], draw(torch.ones(8), torch.zeros(8))[0])


def test_a_range_of_one_number_is_that_number() -> None:
    (draw,) = noisy_labels.build(Options(real_low=0.9, real_high=0.9, fake_low=0.0, fake_high=0.0), context()).targets
    t_real, t_fake = draw(torch.ones(5), torch.zeros(5))
    assert t_real.tolist() == [pytest.approx(0.9)] * 5
    assert t_fake.tolist() == [0.0] * 5


def test_rules() -> None:
    with pytest.raises(UserError, match="from low to high"):
        resolve({"noisy_labels": {"real_low": 1.5}})
    with pytest.raises(UserError, match="has none to draw"):
        resolve({"noisy_labels": True, "loss": "hinge"})
    with pytest.raises(UserError, match="overwrite"):
        resolve({"noisy_labels": True, "label_smoothing": True})
    assert not broken_rules(resolve({"noisy_labels": True}), "warning")
    assert broken_rules(resolve({"noisy_labels": {"real_low": 1.0, "real_high": 1.5}}), "warning")
