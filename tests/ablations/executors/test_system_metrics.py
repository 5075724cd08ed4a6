"""What a process asks of its machine, as it says itself."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from ablations.executors.system_metrics import NAME, Sampler, read_samples
from ablations.tracking.points import system_points


def burn(seconds: float) -> None:
    """Keep one core busy for so many seconds of CPU time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_samples_tell_cpu_and_memory(tmp_path: Path) -> None:
    before = time.process_time()
    start = time.monotonic()
    with Sampler(tmp_path, lambda: 3e6, every_s=0.1):
        held = np.ones(25_000_000)  # 200 MB
        burn(0.4)
        time.sleep(0.15)
    share = (time.process_time() - before) / (time.monotonic() - start)
    samples = [sample for sample in read_samples(tmp_path) if sample is not None]
    assert len(samples) >= 3
    assert max(sample.rss_mb for sample in samples) > held.nbytes / 1e6
    assert {sample.gpu_memory_mb for sample in samples} == {3.0}
    mean = sum(sample.cpu_percent for sample in samples) / len(samples)
    assert mean == pytest.approx(100 * share, rel=0.6)
    assert abs(samples[-1].time - time.time()) < 5


def test_off_and_stopped(tmp_path: Path) -> None:
    with Sampler(tmp_path, lambda: None, every_s=None):
        time.sleep(0.05)
    assert not (tmp_path / NAME).exists()
    with Sampler(tmp_path, lambda: None, every_s=0.02) as sampler:
        time.sleep(0.1)
        sampler.stop()
        there = (tmp_path / NAME).read_bytes()
        time.sleep(0.1)
    assert (tmp_path / NAME).read_bytes() == there != b""


def test_points_are_numbered_on(tmp_path: Path) -> None:
    line = '{"time": 7.5, "cpu_percent": 50.0, "rss_mb": 1.5, "gpu_memory_mb": null}\n'
    (tmp_path / NAME).write_text(line + "{torn\n" + line + '{"time": 8')
    samples = read_samples(tmp_path)
    assert [sample is None for sample in samples] == [False, True, False]
    points = system_points(samples, 4)
    assert [(p.name, p.value, p.step, p.time_ms) for p in points] == [
        ("system/cpu_percent", 50.0, 4, 7500),
        ("system/rss_mb", 1.5, 4, 7500),
        ("system/cpu_percent", 50.0, 6, 7500),
        ("system/rss_mb", 1.5, 6, 7500),
    ]
    assert system_points(read_samples(tmp_path, skip=2), 6) == points[2:]
    assert read_samples(tmp_path / str(os.getpid())) == []
