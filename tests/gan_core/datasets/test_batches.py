"""Batches: range, order, epochs, resumption."""

import numpy as np
import pytest
import torch

from gan_core.datasets.batches import BatchStream, to_unit

CPU = torch.device("cpu")


def numbered(count: int) -> np.ndarray:
    """Images whose every pixel is their index."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 1, 8, 8)).copy()


def indices(batch: torch.Tensor) -> list[int]:
    return [round((float(image[0, 0, 0]) + 1) * 127.5) for image in batch]


def test_range() -> None:
    unit = to_unit(torch.tensor([0, 255, 51], dtype=torch.uint8))
    assert unit.tolist() == pytest.approx([-1, 1, -0.6])


def test_each_epoch_shows_every_image_once_in_an_order_of_its_own() -> None:
    stream = BatchStream(numbered(50), 0, CPU)
    seen = [i for _ in range(20) for i in indices(stream.next(10))]
    epochs = [seen[i : i + 50] for i in range(0, 200, 50)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_batches_run_on_across_epochs() -> None:
    stream, other = BatchStream(numbered(50), 0, CPU), BatchStream(numbered(50), 0, CPU)
    assert indices(stream.next(120)) == [i for _ in range(12) for i in indices(other.next(10))]


def test_position_is_all_the_state() -> None:
    stream = BatchStream(numbered(50), 0, CPU)
    stream.next(70)
    resumed = BatchStream(numbered(50), 0, CPU)
    resumed.load_state_dict(stream.state_dict())
    assert indices(stream.next(60)) == indices(resumed.next(60))


def test_another_seed_has_another_order() -> None:
    assert indices(BatchStream(numbered(50), 0, CPU).next(50)) != indices(BatchStream(numbered(50), 1, CPU).next(50))
