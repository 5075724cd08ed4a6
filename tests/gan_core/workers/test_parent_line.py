"""A child's line to its parent."""

import multiprocessing
import time

from gan_core.workers.parent_line import SIGN_OF_LIFE, ParentLine


def test_who_asks_whether_to_stop_is_alive() -> None:
    """A wait that computes nothing, for a slow network say, is no hang as long as it asks."""
    ours, theirs = multiprocessing.Pipe()
    line = ParentLine(theirs, every_s=0.3)  # not entered: no thread that gives signs of its own
    until = time.monotonic() + 0.7
    while time.monotonic() < until:
        assert not line.must_stop()
        time.sleep(0.05)
    signs = 0
    while ours.poll():
        assert ours.recv_bytes() == SIGN_OF_LIFE
        signs += 1
    assert 2 <= signs <= 3
    ours.send_bytes(b"stop")
    time.sleep(0.15)
    assert line.must_stop()
