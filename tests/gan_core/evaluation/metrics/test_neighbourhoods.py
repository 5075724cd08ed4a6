"""Precision, recall, density, coverage: against torch-fidelity, and against all distances written out by scipy."""

import math

import pytest
import torch
from scipy.spatial.distance import cdist
from torch import Tensor
from torch_fidelity.metric_prc import calculate_precision_recall_full

from tests.gan_core.evaluation.measuring import measured

K = 5


def cloud(seed: int, count: int, scale: float = 1.0) -> Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale + 3


def test_precision_and_recall_are_torch_fidelitys() -> None:
    reals, fakes = cloud(0, 150), cloud(1, 120, 0.6)
    ours = measured("precision", reals, fakes)
    precision, recall = calculate_precision_recall_full(fakes, reals, neighborhood=3)
    assert 0.1 < recall < 0.95 < precision + 0.1
    assert ours["precision"].value == pytest.approx(precision)
    assert ours["recall"].value == pytest.approx(recall)


def test_density_and_coverage_are_their_definition() -> None:
    """Naeem et al. 2020, eq. 3 and 4."""
    reals, fakes = cloud(0, 130), cloud(1, 90, 1.5)
    ours = measured("density", reals, fakes)
    among = cdist(reals, reals)
    among.sort(axis=1)
    inside = cdist(fakes, reals) < among[:, K]  # the nearest is the image itself
    assert ours["density"].value == pytest.approx(inside.sum() / (K * len(fakes)))
    assert ours["coverage"].value == pytest.approx(inside.any(axis=0).mean())


def test_a_collapse_is_precise_and_covers_nothing() -> None:
    reals = cloud(0, 200)
    values = measured("precision", reals, reals.mean(0).repeat(100, 1))
    assert values["precision"].value == 1
    assert values["recall"].value == 0
    assert values["coverage"].value < 0.3
    far = measured("precision", reals, cloud(1, 100) + 100)
    assert [far[name].value for name in ("precision", "recall", "density", "coverage")] == [0, 0, 0, 0]


def test_too_few_images_have_no_value() -> None:
    assert all(math.isnan(value.value) for value in measured("coverage", cloud(0, 100), cloud(1, 5)).values())
