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


def test_only_the_named_rows_are_drawn_once_each_an_epoch() -> None:
    rows = np.array([3, 7, 8, 20, 49])
    stream = BatchStream(numbered(50), 0, CPU, rows=rows)
    for _ in range(3):
        assert sorted(indices(stream.next(5))) == rows.tolist()


def test_all_rows_are_the_same_stream_as_no_rows() -> None:
    stream, all_rows = BatchStream(numbered(50), 3, CPU), BatchStream(numbered(50), 3, CPU, rows=np.arange(50))
    assert torch.equal(stream.next(130), all_rows.next(130))


def halves(count: int) -> np.ndarray:
    """Images whose left half is their index and whose right half is 200 more."""
    images = numbered(count)
    images[..., 4:] += 200
    return images


@pytest.mark.parametrize("rows", [None, np.array([1, 4, 5, 17])])
def test_an_epoch_shows_every_image_and_its_mirror_image_once(rows: np.ndarray | None) -> None:
    stream = BatchStream(halves(20), 0, CPU, rows=rows, mirror=True)
    used = 20 if rows is None else len(rows)
    images = halves(20)[slice(None) if rows is None else rows]
    expected = sorted(image.tobytes() for image in [*images, *np.ascontiguousarray(images[..., ::-1])])
    orders = set()
    for _ in range(3):
        epoch = ((stream.next(2 * used) + 1) * 127.5).round().to(torch.uint8).numpy()
        assert sorted(image.tobytes() for image in epoch) == expected
        orders.add(epoch.tobytes())
    assert len(orders) == 3


def test_mirrored_streams_go_on_from_their_position() -> None:
    stream = BatchStream(halves(20), 0, CPU, mirror=True)
    stream.next(33)
    resumed = BatchStream(halves(20), 0, CPU, mirror=True)
    resumed.load_state_dict(stream.state_dict())
    assert torch.equal(stream.next(30), resumed.next(30))
