"""Places for trials: how a machine is divided."""

import os
from pathlib import Path

import pytest

from gan_core.machine import devices
from gan_core.machine.resources import Resources, share
from gan_core.problems import UserError


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)


@pytest.fixture(autouse=True)
def no_mps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path))


@pytest.fixture
def two_gpus(eight_cores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("trials", "workers", "threads", "expected"),
    [
        (27, None, None, Resources(8, 1, ("cpu",))),
        (3, None, None, Resources(3, 2, ("cpu",))),
        (1, None, None, Resources(1, 8, ("cpu",))),
        (27, 2, None, Resources(2, 4, ("cpu",))),
        (27, 2, 1, Resources(2, 1, ("cpu",))),
        (27, 20, None, Resources(20, 1, ("cpu",))),
        (0, None, None, Resources(1, 8, ("cpu",))),
    ],
)
def test_without_a_gpu(trials: int, workers: int | None, threads: int | None, expected: Resources) -> None:
    assert share(trials, workers, threads, None) == expected
    assert share(trials, workers, threads, "cpu") == expected


@pytest.mark.usefixtures("two_gpus")
def test_devices() -> None:
    """Without a trial's size nobody asks about memory."""
    assert share(27, None, None, None) == Resources(8, 1, ("cuda:0", "cuda:1"))
    assert share(27, None, None, "cuda:1") == Resources(8, 1, ("cuda:1",))
    assert share(27, None, None, "cuda") == Resources(8, 1, ("cuda",))
    assert share(27, None, None, "cpu") == Resources(8, 1, ("cpu",))
    assert devices.available_devices() == ("cuda:0", "cuda:1")


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(("workers", "threads"), [(1, 8), (4, 2), (40, 1)])
def test_workers_that_the_user_names_are_taken_as_they_are(workers: int, threads: int) -> None:
    """And nothing is asked of the GPUs, which would take memory there."""
    places = share(27, workers, None, None, lambda: pytest.fail("asked"))
    assert places == Resources(workers, threads, ("cuda:0", "cuda:1"))
    assert places.in_words == f"{workers} at a time on cuda:0, cuda:1, {threads} thread(s) each"


@pytest.mark.usefixtures("eight_cores")
def test_a_cpu_is_not_asked_for_memory() -> None:
    assert share(27, None, None, None, lambda: pytest.fail("asked")) == Resources(8, 1, ("cpu",))


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "gpu", "", "mps"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(UserError) as caught:
        share(27, None, None, device)
    (problem,) = caught.value.problems
    assert (problem.where, problem.allowed) == (("--device",), "cpu")
    assert repr(device) in problem.message


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_too_many() -> None:
    with pytest.raises(UserError, match=r"cuda:2.*allowed: cpu, cuda:0, cuda:1"):
        share(27, None, None, "cuda:2")


def test_numbers_below_one() -> None:
    with pytest.raises(UserError) as caught:
        share(27, 0, -1, None)
    assert [str(p) for p in caught.value.problems] == [
        "--workers: 0 is out of range; allowed: >= 1",
        "--threads: -1 is out of range; allowed: >= 1",
    ]
