"""How many trials share a GPU, where the user does not say."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from gan_core.machine.resources import Resources, share

GB = 10**9
Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """Sets the cores, the free memory of each GPU in GB (of `total` GB each), and whether MPS runs."""

    def set_up(cores: int, free: tuple[float, ...], mps: bool = False, total: float = 80) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
        monkeypatch.setattr("gan_core.machine.cores.processors", lambda: None)
        monkeypatch.setattr("torch.cuda.device_count", lambda: len(free))
        monkeypatch.setattr("torch.cuda.mem_get_info", lambda name: (int(free[int(name[-1])] * GB), int(total * GB)))
        monkeypatch.setattr("torch.cuda.get_device_properties", lambda _: SimpleNamespace(total_memory=int(total * GB)))
        monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path))
        if mps:
            (tmp_path / "control").touch()

    return set_up


@pytest.mark.parametrize(
    ("cores", "free", "mps", "gb", "trials", "workers", "threads", "why"),
    [
        (16, (80,), False, 2, 100, 8, 1, "8 a GPU pay, free memory allows 40, 16 cores"),
        (16, (80,), True, 2, 100, 16, 1, "16 a GPU pay with MPS, free memory allows 40, 16 cores"),
        (64, (80,), False, 2, 100, 8, 4, "8 a GPU pay, free memory allows 40, 64 cores"),
        (64, (80,), True, 2, 100, 16, 4, "16 a GPU pay with MPS, free memory allows 40, 64 cores"),
        (64, (11,), False, 2, 100, 5, 4, "8 a GPU pay, free memory allows 5, 64 cores"),
        (64, (80,), False, 30, 100, 2, 32, "8 a GPU pay, free memory allows 2, 64 cores"),
        (64, (1,), False, 2, 100, 1, 4, "8 a GPU pay, free memory allows 0, 64 cores"),
        (4, (80,), False, 2, 100, 4, 1, "8 a GPU pay, free memory allows 40, 4 cores"),
        (64, (80,), False, 2, 3, 3, 21, "3 in all"),
        (64, (80,), False, 2, 0, 1, 64, "8 a GPU pay, free memory allows 40, 64 cores"),
        (64, (80, 80), False, 2, 100, 16, 2, "8 a GPU pay, free memory allows 40, 64 cores"),
        (64, (80, 7), False, 2, 100, 6, 2, "8 a GPU pay, free memory allows 3, 64 cores"),
        (12, (80, 80), False, 2, 100, 12, 1, "8 a GPU pay, free memory allows 40, 12 cores"),
        (2, (80, 80, 80, 80), False, 2, 100, 4, 1, "8 a GPU pay, free memory allows 40, 2 cores"),
    ],
)
def test_the_default(
    machine: Machine,
    cores: int,
    free: tuple[float, ...],
    mps: bool,
    gb: float,
    trials: int,
    workers: int,
    threads: int,
    why: str,
) -> None:
    machine(cores, free, mps)
    places = share(trials, None, None, None, lambda: int(gb * GB))
    assert places == Resources(workers, threads, tuple(f"cuda:{i}" for i in range(len(free))))
    assert places.why == why


def test_one_of_the_gpus(machine: Machine) -> None:
    machine(16, (80, 4))
    assert share(100, None, 3, "cuda:1", lambda: 2 * GB) == Resources(2, 3, ("cuda:1",))
    words = "8 at a time on cuda:0 (8 a GPU pay, free memory allows 40, 16 cores), 1 thread(s) each"
    assert share(100, None, None, "cuda:0", lambda: 2 * GB).in_words == words


def test_threads_depend_on_nothing_that_comes_and_goes(machine: Machine) -> None:
    threads = set()
    for free, mps in (((80,), False), ((3,), False), ((0,), False), ((80,), True)):
        machine(64, free, mps)
        threads.add(share(100, None, None, None, lambda: 2 * GB).threads)
    assert threads == {4}


def test_a_gpu_that_can_not_be_asked_takes_one(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: str) -> tuple[int, int]:
        raise RuntimeError("CUDA-capable device(s) is/are busy or unavailable")

    machine(64, (80,))
    monkeypatch.setattr("torch.cuda.mem_get_info", busy)
    assert share(100, None, None, None, lambda: 2 * GB).workers == 1
