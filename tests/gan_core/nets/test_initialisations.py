"""Initial weights, measured."""

import pytest
import torch
from torch import nn

from gan_core.nets import INITIALISATIONS


def test_dcgan_draws_from_the_papers_normal() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.ConvTranspose2d(64, 64, 4), nn.BatchNorm2d(4096), nn.Conv2d(64, 64, 4))
    INITIALISATIONS["dcgan"](net)
    for layer in (net[0], net[2]):
        assert float(layer.weight.detach().mean()) == pytest.approx(0, abs=3e-4)
        assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.01)
        assert not layer.bias.detach().any()
    assert float(net[1].weight.detach().mean()) == pytest.approx(1, abs=2e-3)
    assert float(net[1].weight.detach().std()) == pytest.approx(0.02, rel=0.05)
    assert not net[1].bias.detach().any()
