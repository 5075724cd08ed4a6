"""The first signal asks, the next one ends the process at once, whatever it waits for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gan_core.workers.interrupt import LAST_WORDS, SIGNALS, TOGETHER_S, Interrupt

HUNG = """
import multiprocessing, os, signal, sqlite3, sys, time
from gan_core.workers.interrupt import Interrupt

def child():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    time.sleep(600)

if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    holder = sqlite3.connect(sys.argv[1], isolation_level=None)
    holder.execute("begin exclusive")
    with Interrupt() as interrupt:
        print(process.pid, flush=True)
        if sys.argv[2] == "child":
            os.kill(process.pid, signal.SIGSTOP)
            while True:
                process.join()  # a signal does not end it
        sqlite3.connect(sys.argv[1], timeout=600).execute("begin exclusive")  # waits in C
"""


@pytest.fixture(autouse=True)
def heeding() -> Iterator[None]:
    """Whoever starts the tests may ignore some of them."""
    former = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_request_and_former_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Interrupt() as asked:
        assert not asked.requested
        signal.raise_signal(number)
        signal.raise_signal(number)  # together: a terminal that closes says it twice
        assert asked.requested
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("waits_for", ["child", "database"])
def test_the_second_ends_it_in_less_than_two_seconds(waits_for: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HUNG, str(tmp_path / "db"), waits_for],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        time.sleep(2 * TOGETHER_S)
        assert process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert time.monotonic() - began < 2
    assert process.returncode == 1
    assert said == LAST_WORDS.decode()
    until = time.monotonic() + 5
    while not _is_gone(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert _is_gone(child)


def test_one_that_does_not_grant_ends_its_body_and_counts_with_the_one_within() -> None:
    with Interrupt(grants=False) as outer:
        with Interrupt() as asked:
            signal.raise_signal(signal.SIGINT)
            assert asked.requested
        assert outer.requested
        signal.raise_signal(signal.SIGINT)  # within a moment: the same request
    with pytest.raises(KeyboardInterrupt), Interrupt(grants=False):
        signal.raise_signal(signal.SIGTERM)


def test_what_is_ignored_stays_ignored() -> None:
    """nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupt() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
            assert not asked.requested
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
