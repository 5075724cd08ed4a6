"""Class histogram, authenticity and extrapolated FID: closed forms, and what the registry says of every metric."""

import math

import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from torch import Tensor

from gan_core.evaluation.metrics import METRICS
from tests.gan_core.evaluation.measuring import measured


def cloud(seed: int, count: int, d: int = 4) -> Tensor:
    return torch.randn(count, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def histogram(of_reals: list[int], of_fakes: list[int]) -> dict[str, float]:
    labels = tuple(torch.repeat_interleave(torch.arange(10), torch.tensor(counts)) for counts in (of_reals, of_fakes))
    features = [torch.zeros(len(label), 1, dtype=torch.float64) for label in labels]
    values = measured("classes", *features, classes=(labels[0], labels[1]))
    return {name: value.value for name, value in values.items()}


def test_covered_classes_have_a_tenth_of_the_reals_share() -> None:
    assert histogram([10] * 10, [10] * 10) == {"classes": 10, "class_kl": pytest.approx(0)}
    assert histogram([100] * 10, [991, 9, 0, 0, 0, 0, 0, 0, 0, 0])["classes"] == 1
    assert histogram([100] * 10, [990, 10, 0, 0, 0, 0, 0, 0, 0, 0])["classes"] == 2
    assert histogram([50, 50, 0, 0, 0, 0, 0, 0, 0, 0], [5] * 10)["classes"] == 2  # of those that the reals have


def test_divergence_is_scipys() -> None:
    reals, fakes = [10, 20, 30, 0, 40, 1, 1, 1, 1, 1], [50, 1, 0, 7, 9, 0, 0, 0, 0, 3]
    expected = entropy(fakes, [count + 1 for count in reals])
    assert histogram(reals, fakes)["class_kl"] == pytest.approx(expected)


def authenticity(reals: Tensor, fakes: Tensor) -> float:
    return measured("authenticity", reals, fakes)["authenticity"].value


def test_authenticity_of_copies_of_fresh_draws_and_of_noise() -> None:
    reals, fakes = cloud(0, 300), cloud(1, 200)
    assert authenticity(reals, reals[:50]) == 0
    assert authenticity(reals, fakes + 100) == 1
    among, between = cdist(reals, reals), cdist(fakes, reals)
    among.sort(axis=1)
    own = among[:, 1][between.argmin(axis=1)]
    assert authenticity(reals, fakes) == pytest.approx((between.min(axis=1) >= own).mean())
    assert authenticity(reals, fakes) == pytest.approx(0.5, abs=0.12)


def test_extrapolation_takes_the_bias_away() -> None:
    """Fakes from the reals' own distribution, in 20 dimensions: FID of 500 is biased, its limit is near 0."""
    reals, fakes = cloud(0, 20_000, 20), cloud(1, 500, 20)
    plain = measured("fid", reals, fakes)["fid"].value
    values = [measured("fid_infinity", reals, cloud(seed, 500, 20))["fid_infinity"].value for seed in range(1, 5)]
    assert plain > 0.2
    assert abs(sum(values) / 4) < 0.2 * plain
    assert math.isnan(measured("fid_infinity", reals, fakes[:2])["fid_infinity"].value)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_knows_itself_and_keeps_its_bounds(name: str) -> None:
    metric = METRICS[name]
    assert metric.paper
    assert metric.title
    assert metric.cost
    before = torch.random.get_rng_state()
    value = measured(name, cloud(0, 60), cloud(1, 60) + 1)[name].value
    assert metric.bounds[0] - 1e-9 <= value <= metric.bounds[1] + 1e-9
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", METRICS)
def test_one_image_again_and_again_has_a_finite_score(name: str) -> None:
    """A collapsed G; also fewer images than dimensions."""
    value = measured(name, cloud(0, 60, 80), torch.zeros(60, 80, dtype=torch.float64))[name].value
    assert math.isfinite(value)
