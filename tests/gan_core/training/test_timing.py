"""The short measurement."""

from gan_core.config import resolve
from gan_core.training.timing import measure
from tests.gan_core.trainer import TINY


def test_larger_work_costs_more() -> None:
    small = measure(resolve({**TINY, "batch_size": 4}), "cpu", 0.3)
    large = measure(resolve({**TINY, "batch_size": 512, "width": 16}), "cpu", 0.3)
    assert 0 < small.per_step < large.per_step
    assert 0 < small.per_kfake < large.per_kfake * 10
