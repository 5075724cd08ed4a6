"""A disk that is full while a file of a run is written: the system's own reason, with the file's name, nothing lost."""

import errno
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from gan_core.datasets.batches import ImageArray
from gan_core.evaluation import cache
from gan_core.machine.files import replacing
from gan_core.machine.trouble import trouble_of
from gan_core.training import checkpoint
from gan_core.training.sampling import save_grid
from tests.gan_core.trainer import tiny_state

Write = Callable[[Path], object]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes, as on a disk that has no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(params=["checkpoint.pt", "last.safetensors", "grid.png", "reals"])
def write(request: pytest.FixtureRequest, images: ImageArray) -> tuple[str, Write]:
    state = tiny_state(images)
    noise = torch.randint(0, 256, (64, 1, 16, 16), dtype=torch.uint8)
    writers: dict[str, Write] = {
        "checkpoint.pt": lambda folder: checkpoint.save(folder / "checkpoint.pt", state, {}),
        "last.safetensors": lambda folder: checkpoint.save_weights(folder / "last.safetensors", state.G.state_dict()),
        "grid.png": lambda folder: save_grid(noise, folder / "grid.png"),
        "reals": lambda folder: cache.restore_or_make(folder, "x", {}, lambda: {"x": torch.zeros(2000)}),
    }
    return request.param, writers[request.param]


@pytest.mark.parametrize("size", [0, 1, 1000, 4096])
def test_the_reason_is_the_systems_and_names_the_file(size: int, write: tuple[str, Write], tmp_path: Path) -> None:
    name, write_into = write
    with room_for(size), pytest.raises(OSError, match="File too large") as caught:
        write_into(tmp_path)
    error = caught.value
    assert error.errno == errno.EFBIG
    assert name in str(error.filename)
    assert ".tmp" not in str(error)
    assert error.__suppress_context__  # one message, no chain
    assert trouble_of(error) is not None
    assert [path for path in tmp_path.rglob("*") if path.is_file() and ".locks" not in path.parts] == []


def test_the_former_checkpoint_stays(images: ImageArray, tmp_path: Path) -> None:
    path, state = tmp_path / checkpoint.NAME, tiny_state(images)
    checkpoint.save(path, state, {"next": 1})
    with room_for(5000), pytest.raises(OSError, match="File too large"):
        checkpoint.save(path, state, {"next": 2})
    assert checkpoint.load(path, state) == {"next": 1}


def test_a_failure_that_is_not_the_disks_stays_what_it_is(tmp_path: Path) -> None:
    other = OSError(errno.ENOSPC, "No space left on device", "another file")
    with pytest.raises(OSError, match="another file"), replacing(tmp_path / "file"):
        raise other
    with pytest.raises(RuntimeError, match="a bug"), replacing(tmp_path / "file"):
        raise RuntimeError("a bug") from FileNotFoundError(errno.ENOENT, "No such file")
