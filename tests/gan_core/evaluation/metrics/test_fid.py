"""The algebra of the Fréchet distance, through our metric with features in place of images."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_core.evaluation.extractors import ExtractorOutputs
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.fid import FID
from tests.gan_core.evaluation.measuring import reals_in_memory

N, D = 600, 12
CPU = torch.device("cpu")
Distance = Callable[[Tensor, Tensor], float]  # reals, fakes


@pytest.fixture
def reals() -> Tensor:
    """Correlated features whose mean is not 0, [N D] float64."""
    generator = torch.Generator().manual_seed(5)
    mix = torch.randn(D, D, generator=generator, dtype=torch.float64)
    return torch.randn(N, D, generator=generator, dtype=torch.float64) @ mix + torch.arange(D)


def ours(reals: Tensor, fakes: Tensor, batch: int = 100) -> float:
    sample = Sample(D, 2, CPU, ())
    for features in fakes.split(batch):
        sample.add(ExtractorOutputs(features, torch.zeros(len(features), 2, dtype=torch.float64)))
    seen = reals_in_memory(reals, torch.zeros(len(reals), dtype=torch.int64), 2)
    return FID.measure(seen, sample, {})["fid"].value


class Identity(nn.Module):
    num_features = D

    def forward(self, x: Tensor) -> Tensor:
        return x


def torchmetrics_alone(reals: Tensor, fakes: Tensor) -> float:
    metric = FrechetInceptionDistance(Identity())
    metric.update(reals, real=True)
    metric.update(fakes, real=False)
    return float(metric.compute())


@pytest.mark.parametrize("fid", [ours, torchmetrics_alone])
class TestAlgebra:
    def test_the_same_images_are_at_distance_zero(self, fid: Distance, reals: Tensor) -> None:
        assert abs(fid(reals, reals)) < 1e-6

    def test_a_shift_costs_its_square(self, fid: Distance, reals: Tensor) -> None:
        assert fid(reals, reals + 3) == pytest.approx(D * 9, rel=1e-8)

    def test_a_scale_costs_spread_and_mean(self, fid: Distance, reals: Tensor) -> None:
        expected = 0.25 * (reals.T.cov().trace() + reals.mean(0).square().sum())
        assert fid(reals, 1.5 * reals) == pytest.approx(float(expected), rel=1e-8)

    def test_constant_fakes_cost_all_spread(self, fid: Distance, reals: Tensor) -> None:
        z = torch.linspace(-1, 1, D, dtype=torch.float64)
        expected = reals.T.cov().trace() + (reals.mean(0) - z).square().sum()
        assert fid(reals, z.repeat(50, 1)) == pytest.approx(float(expected), rel=1e-6)


def test_ours_is_torchmetrics(reals: Tensor) -> None:
    fakes = reals.flip(1) * 0.7 + 1
    assert ours(reals, fakes) == pytest.approx(torchmetrics_alone(reals, fakes), rel=1e-10)


def test_an_independent_formula_agrees(reals: Tensor) -> None:
    """With S1 = R R^T the trace of the root is the sum of the roots of the eigenvalues of R^T S2 R."""
    fakes = reals.flip(1) * 0.7 + 1
    s1, s2 = reals.T.cov(), fakes.T.cov()
    root = torch.linalg.cholesky(s1)
    overlap = torch.linalg.eigvalsh(root.T @ s2 @ root).clamp_min(0).sqrt().sum()
    expected = (reals.mean(0) - fakes.mean(0)).square().sum() + s1.trace() + s2.trace() - 2 * overlap
    assert ours(reals, fakes) == pytest.approx(float(expected), rel=1e-9)


def test_order_and_batch_size_change_nothing(reals: Tensor) -> None:
    fakes = reals * 0.9 + 0.3
    shuffled = fakes[torch.randperm(N, generator=torch.Generator().manual_seed(0))]
    assert ours(reals, fakes) == pytest.approx(ours(reals, shuffled, batch=7), rel=1e-9)


def test_fewer_fakes_than_dimensions(reals: Tensor) -> None:
    fakes = reals[:5] + 1
    assert ours(reals, fakes) == pytest.approx(torchmetrics_alone(reals, fakes), rel=1e-6)


def test_reals_that_lie_in_a_plane(reals: Tensor) -> None:
    """Their covariance is singular, and has no Cholesky factor."""
    flat = reals.clone()
    flat[:, 3:] = 1
    assert ours(flat, flat) == pytest.approx(0, abs=1e-6)
    assert ours(flat, reals) == pytest.approx(torchmetrics_alone(flat, reals), rel=1e-6)
