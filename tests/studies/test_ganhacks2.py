"""GANHacks2's recipe against what is known of its code, layer by layer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from ablations.study.study import load_study
from gan_core.config import resolve
from gan_core.nets.initialisations import LINEAR_MAPS
from gan_core.training.build import build
from gan_core.tricks.dropout import Dropout

RECIPE = Path(__file__).parents[2] / "studies" / "seeds" / "ganhacks2.yaml"
CONFIGS = {arm.name: arm.config for arm in load_study(RECIPE).arms}


@pytest.mark.parametrize("arm", CONFIGS)
def test_spectral_norm_and_dropout_stand_where_the_source_has_them(arm: str) -> None:
    """Spectral norm on each transposed convolution of G and each convolution of D but that to the logit."""
    config = resolve({**CONFIGS[arm].plain(), "data": "shapes", "width": 1})
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 157, 128), dtype=np.uint8)
    state = build(config, images, torch.device("cpu"))
    assert found(state.G) == ["Linear", *["SN ConvTranspose2d"] * 5]
    assert found(state.D) == [*["SN Conv2d", "Dropout"] * 5, "Conv2d"]


def found(net: nn.Module) -> list[str]:
    """The linear maps and the dropouts, in order."""
    names = []
    for module in net.modules():
        if isinstance(module, LINEAR_MAPS):
            name = next(kind.__name__ for kind in LINEAR_MAPS if isinstance(module, kind))
            names.append(f"SN {name}" if is_parametrized(module, "weight") else name)
        elif isinstance(module, Dropout):
            names.append("Dropout")
    return names
