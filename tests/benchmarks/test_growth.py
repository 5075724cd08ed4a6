"""Memory is read as a process has it, and growth is told from noise."""

import subprocess
import sys
import time

import pytest

from benchmarks.growth import GrowthRow, Memory, grandchildren, measure, memory_of, row_of, table

HELD_MB = 100
HOLDS = f"""
print("ready", flush=True); input()
held = bytes([1]) * {HELD_MB * 10**6}
print("held", flush=True); input()
del held
print("freed", flush=True); input()
"""
LAUNCHES = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "print('ready', flush=True); input()"])
child.wait()
"""


def test_what_a_process_allocates_and_frees() -> None:
    read = []
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for word in (b"ready\n", b"held\n", b"freed\n"):
            assert child.stdout.readline() == word
            read.append(memory_of(child.pid))
            child.stdin.write(b"\n")
            child.stdin.flush()
    before, held, freed = read
    assert before is not None
    assert held is not None
    assert freed is not None
    for what in ("resident", "proportional", "peak"):
        assert getattr(held, what) - getattr(before, what) == pytest.approx(HELD_MB, abs=3)
    assert freed.resident == pytest.approx(before.resident, abs=3)
    assert freed.proportional == pytest.approx(before.proportional, abs=3)
    assert freed.peak == pytest.approx(held.peak, abs=1)  # the system counts pages in batches
    assert held.proportional < held.resident  # Python's libraries are shared with this process


def test_a_process_that_has_ended_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert memory_of(child.pid) is None
    assert grandchildren(child.pid) == []


def test_only_grandchildren_are_trials() -> None:
    command = [sys.executable, "-c", LAUNCHES]
    launcher = [sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"]
    with subprocess.Popen(launcher, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"  # of the great-grandchild
        (found,) = grandchildren(parent.pid)
        assert grandchildren(found) == []
        parent.communicate(b"\n")


def test_steady_memory_is_that_of_the_second_half() -> None:
    # Training from 100 s to 200 s: resident 200 MB, half of it shared; 40 MB more from its last quarter on
    samples = [
        Memory(t, resident + 100, peak=resident + 150, proportional=resident)
        for t in range(80, 220, 2)
        for resident in [140 if t > 175 else 100 if t >= 100 else 20]
    ]
    row = row_of(1000, "worker", samples, 100.0, 200.0)
    assert row.in_the_run == pytest.approx(40)
    assert row.peak == 290
    assert 200 <= row.resident <= 240
    assert row.resident - row.proportional == 100
    one = row_of(1000, "worker", samples[:1], 100.0, 200.0)  # a training shorter than the time between two samples
    assert (one.resident, one.in_the_run) == (120, 0)


def test_growth_is_told_from_noise() -> None:
    parent = [GrowthRow(n, "parent", 400.0, 300.0, 0.0, peak) for n, peak in ((1000, 500.0), (10_000, 519.0))]
    worker = [GrowthRow(n, "worker", 100.0, held, 0.0, 150.0) for n, held in ((1000, 90.0), (10_000, 96.0))]
    text = table([*worker, *parent])
    assert "parent from 1,000 to 10,000 steps: resident +0.0 MB, proportional +0.0 MB, peak +19.0 MB; " in text
    assert text.count("MB, reached.") == 1
    assert text.count("MB, not reached.") == 1  # 6 of 90 MB are more than 5 %
    assert text.index("| parent |") < text.index("| worker |")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_study_is_watched() -> None:
    began = time.monotonic()
    parent, worker = measure([400])
    assert time.monotonic() - began < 400
    assert (parent.process, worker.process) == ("parent", "worker")
    for row in (parent, worker):
        assert row.steps == 400
        assert 50 < row.proportional < row.resident <= row.peak
