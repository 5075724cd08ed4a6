"""Trials side by side in processes of this machine, from a fork server that has the trainer imported already."""

import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from ablations.executors.child import child as train_in_child
from ablations.executors.executor import STOPPED, Job, Report
from ablations.executors.fork_server import fork_server
from gan_core.events import Finished, event_from_json

POLL_S = 0.2
STOP = b"stop"


@dataclass
class _Child:
    job: Job
    process: BaseProcess
    pipe: Connection
    device: str
    ended: bool = False
    told_to_stop: bool = False


class Processes:
    """Runs up to `workers` jobs at once, each in a process of its own, devices taken in turn.

    Constructing it starts the fork server, which gets ready in the background.
    """

    def __init__(self, workers: int, devices: Sequence[str], threads: int) -> None:
        self.workers, self.devices, self.threads = workers, tuple(devices), threads
        self._context = fork_server()
        self._halted: set[str] = set()

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`. Closing it, or an exception, makes the children save and end, and waits for that."""
        running: list[_Child] = []
        try:
            while True:
                self._fill(running, jobs, stop)
                if not running:
                    return
                yield from self._listen(running, stop)
        finally:
            for child in running:
                child.pipe.close()  # a child whose parent has gone saves and ends
            for child in running:
                child.process.join()

    def _fill(self, running: list[_Child], jobs: Iterator[Job], stop: Callable[[], bool]) -> None:
        while len(running) < self.workers and not stop():
            job = next(jobs, None)
            if job is None:
                return
            running.append(self._launch(job, self._free_device(running)))

    def _launch(self, job: Job, device: str) -> _Child:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=train_in_child, args=(job, device, self.threads, theirs), name=job.name)
        process.start()
        theirs.close()
        return _Child(job, process, ours, device)

    def _free_device(self, running: list[_Child]) -> str:
        """The device with the fewest trials on it."""
        taken = [child.device for child in running]
        return min(self.devices, key=taken.count)

    def _listen(self, running: list[_Child], stop: Callable[[], bool]) -> Iterator[Report]:
        by_pipe = {child.pipe: child for child in running}
        for pipe in wait(list(by_pipe), timeout=POLL_S):
            assert isinstance(pipe, Connection)
            child = by_pipe[pipe]
            try:
                event = event_from_json(pipe.recv_bytes())
            except (EOFError, OSError):  # OSError: torn in the middle of a message, or closed with our word unread
                running.remove(child)
                yield from self._gone(child)
                continue
            child.ended = isinstance(event, Finished)
            yield Report(child.job.name, event)
        stopping = stop()
        for child in running:
            if (stopping or child.job.name in self._halted) and not child.told_to_stop:
                child.told_to_stop = True
                _tell(child.pipe)

    def _gone(self, child: _Child) -> Iterator[Report]:
        child.process.join()
        child.pipe.close()
        if not child.ended:
            yield Report(child.job.name, left=_leaving(child.process.exitcode))


def _tell(pipe: Connection) -> None:
    try:
        pipe.send_bytes(STOP)
    except OSError:
        return  # it has just ended


def _leaving(code: int | None) -> str:
    """How a process without a result went, in words. A negative exit code is the signal that killed it."""
    if code == 0:
        return STOPPED
    killer = {-signal.SIGKILL: " (SIGKILL; out of memory?)", -signal.SIGSEGV: " (SIGSEGV)", -signal.SIGBUS: " (SIGBUS)"}
    return f"its process ended with exit code {code}{killer.get(code or 0, '')}"
