"""Label flipping: how many, whose, and to what."""

import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.tricks import label_flipping
from gan_core.tricks.label_flipping import Options
from tests.gan_core.trainer import steps, tiny_state
from tests.gan_core.tricks.linear_d import context

COUNT = 20_000


@pytest.mark.parametrize("p", [0.05, 0.3])
def test_the_fraction_is_flipped_on_both_sides_independently(p: float) -> None:
    parts = label_flipping.build(Options(p=p), context())
    t_real, t_fake = parts.targets[0](torch.full((COUNT,), 0.9), torch.full((COUNT,), 0.1))
    assert set(t_real.tolist()) == set(t_fake.tolist()) == set(torch.tensor([0.9, 0.1]).tolist())
    real, fake = (t_real < 0.5).float(), (t_fake > 0.5).float()
    for flipped in (real, fake):
        assert float(flipped.mean()) == pytest.approx(p, abs=4 * (p * (1 - p) / COUNT) ** 0.5)
    assert abs(float(torch.corrcoef(torch.stack([real, fake]))[0, 1])) < 0.03
    assert parts.dose[0]() == {"fraction_flipped": pytest.approx(float((real.mean() + fake.mean()) / 2))}


@pytest.mark.parametrize(("on", "real_moves", "fake_moves"), [("real", True, False), ("fake", False, True)])
def test_whose_targets(on: str, real_moves: bool, fake_moves: bool) -> None:
    (flip,) = label_flipping.build(Options(p=0.5, on=on), context()).targets
    t_real, t_fake = flip(torch.ones(100), torch.zeros(100))
    assert (float(t_real.mean()) < 1) == real_moves
    assert (float(t_fake.mean()) > 0) == fake_moves


def test_smoothed_targets_are_exchanged_as_they_are(images: ImageArray) -> None:
    state = tiny_state(images, label_smoothing=0.9, label_flipping=0.5)
    t_real, t_fake = torch.ones(100), torch.zeros(100)
    for aim in state.parts.targets:
        t_real, t_fake = aim(t_real, t_fake)
    assert t_real.unique().tolist() == t_fake.unique().tolist() == [0.0, pytest.approx(0.9)]


def test_g_still_aims_at_one(images: ImageArray) -> None:
    flipped, plain = tiny_state(images, label_flipping=0.5), tiny_state(images)
    assert flipped.loss.g is plain.loss.g
    assert "fraction_flipped" in steps(flipped, 1).doses["label_flipping"][0]()


def test_a_loss_without_targets_is_refused_and_much_flipping_warned_about() -> None:
    with pytest.raises(UserError, match="nothing to flip"):
        resolve({"label_flipping": True, "loss": "hinge"})
    assert broken_rules(resolve({"label_flipping": 0.6}), "warning")
    assert not broken_rules(resolve({"label_flipping": 0.2}), "warning")
