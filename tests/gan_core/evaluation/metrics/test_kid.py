"""KID: torchmetrics' on the same blocks, unbiased, and an error that is the spread of its repetitions."""

import math
import statistics

import pytest
import torch
from torch import Tensor
from torchmetrics.image.kid import poly_mmd

from gan_core.evaluation.metrics.kid import options
from tests.gan_core.evaluation.measuring import measured

D = 6


def features(seed: int, count: int, shift: float = 0.0) -> Tensor:
    return torch.randn(count, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def test_one_block_is_torchmetrics_estimate_of_all_images() -> None:
    reals, fakes = features(0, 3), features(1, 3, 0.5)
    value = measured("kid", reals, fakes)["kid"]
    assert value.value == pytest.approx(float(poly_mmd(reals, fakes)), rel=1e-6)
    assert value.error is None


@pytest.mark.parametrize(
    ("n_fake", "n_real", "blocks", "size"),
    [(2, 9, 1, 2), (10, 60, 5, 2), (100, 60_000, 10, 10), (10_000, 60_000, 10, 1000), (50_000, 60_000, 50, 1000)],
)
def test_blocks_are_disjoint_and_there_are_images_for_all(n_fake: int, n_real: int, blocks: int, size: int) -> None:
    assert options(n_fake, n_real) == {"blocks": blocks, "block_size": size}
    assert blocks * size <= min(n_fake, n_real)


def test_the_error_is_the_spread_of_repetitions_and_equal_distributions_score_zero() -> None:
    """Fresh draws of both sides, 60 times: their standard deviation is what the error estimates from one of them."""
    repeated = [measured("kid", features(2 * i, 200), features(2 * i + 1, 200))["kid"] for i in range(60)]
    spread = statistics.stdev(value.value for value in repeated)
    estimated = math.sqrt(statistics.fmean((value.error or math.nan) ** 2 for value in repeated))
    assert estimated == pytest.approx(spread, rel=0.3)
    assert abs(statistics.fmean(value.value for value in repeated)) < 3 * spread / math.sqrt(60)


def test_it_grows_with_the_distance() -> None:
    values = [measured("kid", features(0, 200), features(1, 200, shift))["kid"].value for shift in (0.2, 0.5, 1)]
    assert values == sorted(values)
    assert values[0] > 0
