"""The short measurement."""

import pytest

from gan_core.config import resolve
from gan_core.training.timing import measure
from tests.gan_core.trainer import TINY


def test_larger_work_costs_more() -> None:
    small = measure(resolve({**TINY, "batch_size": 4}), "cpu", 0.3)
    large = measure(resolve({**TINY, "batch_size": 512, "width": 16}), "cpu", 0.3)
    assert 0 < small.per_step < large.per_step
    assert 0 < small.per_kfake < large.per_kfake * 10


def test_what_an_average_costs_to_be_shown_is_measured_and_only_of_an_average() -> None:
    assert measure(resolve(TINY), "cpu", 0.1).per_showing == 0
    own = measure(resolve({**TINY, "ema": True}), "cpu", 0.1)
    copied = measure(resolve({**TINY, "ema": {"statistics": "copy"}}), "cpu", 0.1)
    assert own.per_showing > 3 * copied.per_showing


@pytest.mark.parametrize("conditional", [False, True])
def test_a_folder_is_taken_for_images_that_its_extractor_sees(conditional: bool) -> None:
    """The default extractor sees grey images; the folder is not looked into."""
    folder = {**TINY, "data": "folder", "data_dir": "nowhere", "conditional": conditional}
    assert measure(resolve(folder), "cpu", 0.05).per_kfake > 0
    assert measure(resolve({**folder, "extractor": "none"}), "cpu", 0.05).per_kfake == 0
