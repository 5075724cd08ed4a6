"""What is noted of gradients, against autograd by hand; diversity against closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.spatial import cKDTree
from torch import nn

from gan_core.datasets.batches import ImageArray
from gan_core.evaluation.diversity import diversity as measured
from gan_core.evaluation.moments import Moments
from gan_core.evaluation.names import class_shares
from gan_core.game.meter import Meter
from gan_core.training.diagnostics import Gradients, note_d, ranked_rightly
from tests.gan_core.trainer import steps, tiny_state


def test_mean_and_largest_gradient_of_a_linear_layer() -> None:
    """The gradient of w.x is x."""
    net, x = nn.Sequential(nn.Linear(3, 1)), torch.tensor([[1.0, -4.0, 2.0]])
    net(x).sum().backward()
    meter = Meter()
    Gradients(net, "D").note(meter)
    assert meter.take() == {
        "grad_norm_d": pytest.approx(math.sqrt(1 + 16 + 4 + 1)),
        "gradients/D/0/mean": pytest.approx(7 / 3),
        "gradients/D/0/max": 4.0,
    }


def test_every_layer_has_a_plain_name_with_spectral_norm_too(images: ImageArray) -> None:
    for settings in ({}, {"spectral_norm": True}):
        means = steps(tiny_state(images, **settings), 2).meter.take()
        names = {name for name in means if name.startswith("gradients/")}
        layers = [f"{player}/{layer}" for player in "GD" for layer in ("blocks.0.linear", "blocks.1.linear", "head")]
        assert names == {f"gradients/{layer}/{kind}" for layer in layers for kind in ("mean", "max")}
        assert all(0 < means[f"gradients/{n}/mean"] < means[f"gradients/{n}/max"] for n in layers)


def moments(features: torch.Tensor) -> Moments:
    return Moments(torch.tensor(len(features)), features.sum(0), features.t() @ features)


def diversity(reals: torch.Tensor, fakes: torch.Tensor, classes: list[int]) -> dict[str, float]:
    counts = torch.bincount(torch.tensor(classes), minlength=10).double()
    return measured(moments(reals), moments(fakes), counts, fakes[:200])


def test_spread_is_the_ratio_of_mean_square_distances() -> None:
    random = np.random.default_rng(0)
    reals, fakes = torch.tensor(random.normal(size=(40, 5))), torch.tensor(random.normal(size=(30, 5)) * 0.3 + 7)
    result = diversity(reals, fakes, [0, 3] * 15)
    by_hand = [float((torch.cdist(x, x) ** 2).mean()) for x in (fakes, reals)]
    assert result["spread"] == pytest.approx(math.sqrt(by_hand[0] / by_hand[1]))
    assert result["classes"] == pytest.approx(2)
    assert result["real_variance"] == pytest.approx(by_hand[1] / 2)


def test_dimensions_of_equal_images_of_two_images_and_of_the_reals() -> None:
    reals = torch.cat([torch.eye(4), -torch.eye(4)]).double()  # four directions alike
    assert diversity(reals, reals, [0] * 8)["dimensions"] == pytest.approx(1)
    assert diversity(reals, reals, [0] * 8)["spread"] == pytest.approx(1)
    two = torch.tensor([[1.0, 2, 3, 4], [4, 3, 2, 1]]).double().repeat(4, 1)
    assert diversity(reals, two, [0] * 8)["dimensions"] == pytest.approx(1 / 4)
    assert diversity(reals, two[:1].repeat(8, 1), [0] * 8)["spread"] == pytest.approx(0)


def test_nearest_and_class_shares() -> None:
    random = np.random.default_rng(1)
    reals, fakes = torch.tensor(random.normal(size=(300, 3))), torch.tensor(random.normal(size=(250, 3)) * 2)
    result = diversity(reals, fakes, [1, 1, 9, 4, 1] * 50)
    values, _ = cKDTree(fakes[:200].numpy()).query(fakes[:200].numpy(), k=2)
    root_mean_square = math.sqrt(float((torch.cdist(reals, reals) ** 2).mean()))
    # torch's median of an even number of values is the lower one of the middle
    assert result["nearest"] == pytest.approx(sorted(values[:, 1])[99] / root_mean_square)
    assert class_shares(result) == pytest.approx((0, 0.6, 0, 0, 0.2, 0, 0, 0, 0, 0.2))
    assert class_shares({"spread": 1.0}) == ()


def test_ten_images_again_and_again_are_near_each_other_however_far_apart() -> None:
    reals = torch.tensor(np.random.default_rng(2).normal(size=(300, 8)))
    few = diversity(reals, reals[:10].repeat(20, 1), [0] * 200)
    assert few["nearest"] == 0
    assert few["spread"] > 0.8
    assert "nearest" not in diversity(reals, reals[:100], [0] * 100)  # too few to look among


def test_no_number_for_what_is_not_finite() -> None:
    reals = torch.eye(4).double()
    assert diversity(reals, torch.full((3, 4), math.nan).double(), [0] * 3) == {}
    assert diversity(reals[:1].repeat(3, 1) * 0, reals, [0] * 4) == {}
    assert "classes" not in measured(moments(reals), moments(reals), None, reals[:200])


def test_several_noted_at_once_survive_a_round_trip() -> None:
    first, second = Meter(), Meter()
    first.note(("a", "b"), torch.tensor([0.1, 0.3]))
    first.note("c", torch.tensor(1.0))
    second.load_state_dict(first.state_dict(), torch.device("cpu"))
    for meter in (first, second):
        meter.note(("a", "b"), torch.tensor([0.2, 0.5]))
    taken = first.take()
    assert taken == second.take()
    assert taken == {"a": pytest.approx(0.15), "b": pytest.approx(0.4), "c": 1.0}


def test_auc_is_the_share_of_pairs_that_are_ranked_rightly() -> None:
    """Mann and Whitney 1947: U / (n m); half the outputs are rounded, so that there are ties."""
    random = torch.Generator().manual_seed(0)
    real, fake = torch.randn(40, generator=random) + 1, torch.randn(40, generator=random)
    real[:20], fake[:20] = real[:20].round(), fake[:20].round()
    meter = Meter()
    note_d(meter, torch.tensor(1.0), real, fake, _with_gradient(), has_boundary=False)
    noted = meter.take()
    statistic = stats.mannwhitneyu(real.numpy(), fake.numpy()).statistic
    assert noted["d_auc"] == pytest.approx(statistic / 1600)
    assert "d_accuracy" not in noted


def test_a_critic_that_gives_all_images_one_number_guesses() -> None:
    assert float(ranked_rightly(torch.full((8,), 0.3), torch.full((5,), 0.3))) == 0.5


@pytest.mark.parametrize(("reals", "fakes"), [(64, 64), (3, 50), (300, 7)])
def test_pairs_ranked_rightly_are_those_counted_one_by_one(reals: int, fakes: int) -> None:
    """On few levels, so that many pairs are ties."""
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.randint(0, 5, (n,), generator=random).float() / 3 for n in (reals, fakes))
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in real.tolist() for b in fake.tolist()]
    assert float(ranked_rightly(real, fake)) == pytest.approx(sum(pairs) / len(pairs), rel=1e-6)


def _with_gradient() -> Gradients:
    net = nn.Linear(2, 1)
    net(torch.ones(1, 2)).sum().backward()
    return Gradients(net, "D")
