"""Feature matching by hand."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from gan_core.datasets.batches import ImageArray
from gan_core.tricks import feature_matching
from gan_core.tricks.feature_matching import Options
from gan_core.tricks.seats import Parts, Pass
from tests.gan_core.trainer import steps, tiny_state
from tests.gan_core.tricks.linear_d import context


class TwoLayerD(nn.Module):
    """Features h = x W, then a head that is of no interest."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        linear = nn.Linear(2, 3, bias=False)
        linear.weight.data = weight.T.clone()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Flatten(), linear)])

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks[0](x).sum(dim=1)


def seated(D: TwoLayerD, weight: float) -> Parts:
    parts = feature_matching.build(Options(weight=weight), context())
    parts.layers[0](D, "D")  # type: ignore[arg-type]
    return parts


def test_squared_distance_of_mean_features_by_hand() -> None:
    W = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    D = TwoLayerD(W)
    parts = seated(D, 0.5)
    x_real = torch.tensor([[1.0, 1.0], [3.0, 1.0]]).reshape(2, 1, 1, 2)  # mean (2, 1) -> features (2, 1, 5)
    x_fake = torch.tensor([[0.0, 1.0], [0.0, 3.0]]).reshape(2, 1, 1, 2).requires_grad_(True)  # mean (0, 2) -> (0, 2, 2)
    parts.observers[0](Pass(D, x_real, x_fake.detach(), D(x_real), D(x_fake.detach())))
    value = parts.g_terms[0].value(Pass(D, None, x_fake, None, D(x_fake)))
    assert value.item() == pytest.approx(0.5 * (2**2 + 1**2 + 3**2))
    value.backward()
    by_hand = 0.5 * 2 * (torch.tensor([0.0, 2.0, 2.0]) - torch.tensor([2.0, 1.0, 5.0])) @ W.T / 2  # each of 2 images
    torch.testing.assert_close(x_fake.grad.reshape(2, 2), by_hand.expand(2, 2))
    assert parts.dose[0]() == {"squared_distance": pytest.approx(14.0)}


def test_the_same_where_d_has_looked_at_something_else_since() -> None:
    """For a loss that lets D look at reals after the fakes, in the G phase too."""
    D = TwoLayerD(torch.ones(2, 3))
    parts = seated(D, 1.0)
    x_real, x_fake = torch.ones(2, 1, 1, 2), torch.zeros(2, 1, 1, 2)
    parts.observers[0](Pass(D, x_real, x_fake, D(x_real), D(x_fake)))
    seen = Pass(D, x_real, x_fake, D(x_real), D(x_fake))
    D(torch.full((2, 1, 1, 2), 9.0))
    assert parts.g_terms[0].value(seen).item() == pytest.approx(3 * 2**2)


def test_in_a_run_the_means_are_those_of_one_d_on_what_it_saw(images: ImageArray) -> None:
    state = tiny_state(images, feature_matching=1.0, norm_d="none", instance_noise=0.3)
    phases: list[tuple[bool, Tensor, nn.Module]] = []

    def look(D: nn.Module, arguments: tuple[Tensor]) -> None:
        learning = next(D.parameters()).requires_grad
        if len(phases) < 4:
            phases.append((learning, arguments[0].detach().clone(), deepcopy(state.D.state_dict())))

    state.D.register_forward_pre_hook(look)
    steps(state, 1)
    assert [learning for learning, _, _ in phases] == [True, True, False, False]  # fakes once, reals once more
    assert torch.equal(phases[3][1], phases[0][1])  # with the noise that D saw them through
    plain = tiny_state(images, norm_d="none").D
    plain.load_state_dict(phases[2][2])

    def features(x: Tensor) -> Tensor:
        for block in plain.blocks:
            x = block(x)
        return x.mean(dim=0)

    expected = (features(phases[3][1]) - features(phases[2][1])).square().sum()
    assert state.meter.take()["feature_matching"] == pytest.approx(expected.item(), rel=1e-4)


def test_g_gets_nearer_to_the_features_of_the_reals(images: ImageArray) -> None:
    """With D standing still and the term far above G's loss, the distance falls."""
    settings = {"norm_d": "none", "lr_d": 1e-12, "lr_g": 2e-3, "initialisation_d": "lecun"}
    state = tiny_state(images, feature_matching=1000.0, **settings)
    steps(state, 3)
    first = state.doses["feature_matching"][0]()["squared_distance"]
    steps(state, 40)
    state.doses["feature_matching"][0]()
    steps(state, 3)
    assert state.doses["feature_matching"][0]()["squared_distance"] < first / 2
