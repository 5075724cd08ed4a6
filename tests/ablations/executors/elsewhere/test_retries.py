"""What is tried again, how often, and what never is."""

from typing import Any

import pytest

from ablations.executors.elsewhere.exchange import ExchangeError
from ablations.executors.elsewhere.retries import Retries, is_out_of_memory
from ablations.executors.elsewhere.scratch import undelivered
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core.events import End, Finished, Saved
from gan_core.problems import Problem
from tests.ablations.executors.elsewhere.pretended import event_at

CUDA = (
    "OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB of "
    "which 10.38 MiB is free."
)


def end(reason: str = "", status: End = "failed") -> Finished:
    return Finished(seq=5, time=0.0, step=1, images=1, wall_s=0.1, status=status, reason=reason)


@pytest.mark.parametrize(
    ("reason", "is_so"),
    [
        (CUDA, True),
        (f"my_trick.py:7: {CUDA}", True),
        ("AcceleratorError: CUDA error: out of memory\nCUDA kernel errors might be", True),
        ("RuntimeError: CUDA driver error: out of memory", True),
        ("RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED", True),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("RuntimeError: [enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory", False),
        ("ValueError: out of range", False),
    ],
)
def test_out_of_gpu_memory_is_recognised(reason: str, is_so: bool) -> None:
    assert is_out_of_memory(end(reason)) is is_so
    assert not is_out_of_memory(end(reason, "diverged"))


def test_out_of_gpu_memory_is_tried_once_more_with_a_whole_gpu() -> None:
    retries = Retries()
    again = retries.failed("a", end(CUDA), gpus=0.25)
    assert again is not None
    assert again.whole_gpu
    assert "whole GPU" in again.why
    lost = retries.lost("a", "node n1 is gone")
    assert lost is not None
    assert lost.whole_gpu
    assert retries.failed("a", end(CUDA), gpus=0.25) is None
    assert retries.failed("b", end(CUDA), gpus=0.5) is not None


@pytest.mark.parametrize("gpus", [0.0, 1.0, 2.0])
def test_who_had_a_whole_gpu_fails(gpus: float) -> None:
    assert Retries().failed("a", end(CUDA), gpus) is None


@pytest.mark.parametrize("reason", ["ZeroDivisionError: division by zero", "killed", ""])
def test_an_exception_would_come_again(reason: str) -> None:
    assert Retries().failed("a", end(reason), gpus=0.25) is None


def test_what_machines_have_done_is_tried_again_until_it_gets_nowhere() -> None:
    retries = Retries()
    for _ in range(3):
        for seq in range(4):
            retries.heard("a", event_at(seq))
        lost = retries.lost("a", "node n1 is gone")
        assert lost is not None
        assert lost.elsewhere
    assert lost.why == "node n1 is gone; goes on from its last checkpoint (3 of 3)"
    assert retries.lost("a", "node n2 is gone") is None
    retries.heard("a", event_at(4))
    assert retries.lost("a", "node n3 is gone") is not None
    retries.forget("a")
    assert [retries.lost("a", "gone") is None for _ in range(4)] == [False, False, False, True]


def test_an_exchange_that_fails_is_the_machines_doing(tmp_path: Any) -> None:
    job = ShippedJob("a", {}, tmp_path, tmp_path, exchange="s3://b", attempt="1")
    failure = undelivered(job, ExchangeError(Problem("x can't be written: no space is left", source="s3://b")))
    retries = Retries(lost_again=1)
    assert retries.failed("a", failure, gpus=0) is not None
    assert retries.failed("a", failure, gpus=0) is None


def test_an_event_is_no_progress_when_it_was_there_before() -> None:
    retries = Retries(lost_again=1)
    retries.heard("a", event_at(9))
    retries.lost("a", "gone")
    retries.heard("a", Saved(seq=9, time=1.0, step=1, images=1, wall_s=1.0, path="checkpoint.pt"))
    assert retries.lost("a", "gone") is None
