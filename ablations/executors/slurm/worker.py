"""The program that SLURM starts on a node: submitit unpickles a `Worker` there and calls it.

SIGUSR2 (submitit's, before the time limit) lets the trials save, and SLURM start the job again; SIGTERM (preemption,
scancel) lets them save, and SLURM do what it is about to do.
"""

import os
import signal
import socket
import threading
import time
import uuid
from types import FrameType
from typing import TYPE_CHECKING

from ablations.executors.slurm.post import Post
from ablations.executors.slurm.shift import Shift

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

LOOK_S = 0.1


class Worker:
    """Trains what its parent sends, until there is nothing more. The main thread only waits, for signals."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self._shift: Shift | None = None
        self._error: BaseException | None = None

    def __call__(self) -> None:
        """One life. Raises what has ended it, if it was a mistake."""
        node = os.environ.get("SLURMD_NODENAME") or socket.gethostname()
        self._shift = Shift(self.post, uuid.uuid4().hex[:12], node)
        signal.signal(signal.SIGTERM, self._terminate)
        threading.Thread(target=self._work, args=(self._shift,), name="trials").start()
        self._wait()
        if self._error is not None:
            raise self._error

    def checkpoint(self) -> "DelayedSubmission":
        """Called by submitit in the handler of SIGUSR2: everything is saved when it returns what is to be run again."""
        from submitit.helpers import DelayedSubmission

        assert self._shift is not None
        self._shift.end("the time of its SLURM job is over", returns=True)
        self._wait()
        return DelayedSubmission(Worker(self.post))

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        assert self._shift is not None
        self._shift.end("SLURM ends its job")

    def _work(self, shift: Shift) -> None:
        try:
            shift.work()
        except BaseException as error:  # passed on to the main thread
            self._error = error

    def _wait(self) -> None:
        """Until the shift is over. A handler that waits too can't be locked out: nothing is held meanwhile."""
        assert self._shift is not None
        while not self._shift.is_over:
            time.sleep(LOOK_S)
