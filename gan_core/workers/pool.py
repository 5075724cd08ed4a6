"""Runs next to each other, each in a process of its own that is asked to stop and never torn from its checkpoint."""

import pkgutil
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from gan_core.events import AnyEvent, Finished, event_from_json
from gan_core.workers.fork_server import fork_server
from gan_core.workers.job import STOPPED, TAKEN, Job, Report
from gan_core.workers.training_lock import TakenError, training_lock

POLL_S = 0.2
STOP = b"stop"
TAKEN_CODE = 75  # exit code of a child that found another process at work in its folder
KILLERS = {signal.SIGKILL: "SIGKILL; out of memory?", signal.SIGSEGV: "SIGSEGV", signal.SIGBUS: "SIGBUS"}

Trainer = Callable[[Job, str, int], Generator[AnyEvent, None, None]]  # job, device, threads


@dataclass
class _Child:
    job: Job
    process: BaseProcess
    pipe: Connection
    device: str
    ended: bool = False
    asked_to_stop: bool = False


class Pool:
    """Trains up to `workers` jobs at once, each in a process of its own, on the device with the fewest jobs.

    `trainer`: the function that trains a job, as 'package.module:function', a `Trainer`. The parent never imports it:
    constructing the pool starts the fork server, which imports it in the background, and every child starts from there.
    """

    def __init__(self, trainer: str, workers: int, devices: Sequence[str], threads: int) -> None:
        self.trainer, self.workers, self.devices, self.threads = trainer, workers, tuple(devices), threads
        self._context = fork_server(trainer.partition(":")[0])
        self._halted: set[str] = set()

    def halt(self, name: str) -> None:
        """Let this job, which runs, save and end at its next event."""
        self._halted.add(name)

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """Report every event. A job is taken only when there is a place for it.

        Once `stop()` holds, no job is taken, and the running ones save and end. Closing the generator, an exception, or
        the death of this process makes them save and end too; closing waits for that.
        """
        running: list[_Child] = []
        try:
            while True:
                while len(running) < self.workers and not stop() and (job := next(jobs, None)) is not None:
                    running.append(self._launch(job, running))
                if not running:
                    return
                yield from self._listen(running)
                self._ask_to_stop(running, stop())
        finally:
            for child in running:
                child.pipe.close()  # a child whose parent has gone saves and ends
            for child in running:
                child.process.join()

    def _launch(self, job: Job, running: Sequence[_Child]) -> _Child:
        device = min(self.devices, key=[child.device for child in running].count)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_train, args=(self.trainer, job, device, self.threads, theirs), name=job.name
        )
        process.start()
        theirs.close()
        return _Child(job, process, ours, device)

    def _listen(self, running: list[_Child]) -> Iterator[Report]:
        by_pipe = {child.pipe: child for child in running}
        for pipe in wait(list(by_pipe), timeout=POLL_S):
            assert isinstance(pipe, Connection)
            child = by_pipe[pipe]
            try:
                event = event_from_json(pipe.recv_bytes())
            except (EOFError, OSError):  # OSError: torn in the middle of a message, or closed with our request unread
                running.remove(child)
                child.process.join()
                pipe.close()
                if not child.ended:
                    yield Report(child.job.name, left=_leaving(child.process.exitcode))
                continue
            child.ended = isinstance(event, Finished)
            yield Report(child.job.name, event)

    def _ask_to_stop(self, running: Sequence[_Child], everybody: bool) -> None:
        for child in running:
            if (everybody or child.job.name in self._halted) and not child.asked_to_stop:
                child.asked_to_stop = True
                try:
                    child.pipe.send_bytes(STOP)
                except OSError:
                    continue  # it has just ended


def _train(trainer: str, job: Job, device: str, threads: int, pipe: Connection) -> None:
    """The child: train, and send each event. Any message from the parent, or its death, stops it at the next event."""
    train: Trainer = pkgutil.resolve_name(trainer)
    try:
        # Closing saves an unfinished run
        with pipe, training_lock(job.directory), closing(train(job, device, threads)) as events:
            for event in events:
                try:
                    pipe.send_bytes(event.model_dump_json().encode())
                except (BrokenPipeError, ConnectionResetError):
                    return  # the parent has gone; the journal has everything
                if pipe.poll():
                    return
    except TakenError:
        raise SystemExit(TAKEN_CODE) from None


def _leaving(code: int | None) -> str:
    """How a process without a result ended, in words. A negative exit code is the signal that killed it."""
    if code in (0, TAKEN_CODE):
        return STOPPED if code == 0 else TAKEN
    killer = KILLERS.get(-(code or 0), "")  # type: ignore[call-overload]
    return f"its process ended with exit code {code}{f' ({killer})' if killer else ''}"
