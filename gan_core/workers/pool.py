"""Runs side by side, each in a process of its own that is told to stop and never torn from its checkpoint."""

import fcntl
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from gan_core.events import AnyEvent, Finished, event_from_json
from gan_core.workers.fork_server import fork_server

POLL_S = 0.2
LOCK = ".lock"
TRAINER = "gan_core.workers.unattended"
BUSY = 75  # exit code: another process trains in this folder


@dataclass(frozen=True)
class Job:
    """One run to train. `settings`: what `gan_core.config.resolve` takes."""

    name: str
    settings: dict[str, Any]
    directory: Path
    home: Path


@dataclass(frozen=True)
class Report:
    """One event of a run; without an event: its process has ended without a result, and why."""

    name: str
    event: AnyEvent | None = None
    left: str = ""


@dataclass
class _Child:
    task: Job
    process: BaseProcess
    pipe: Connection
    device: str
    ended: bool = False


def train_side_by_side(
    tasks: Sequence[Job], workers: int, devices: Sequence[str], threads: int, stop: Callable[[], bool]
) -> Generator[Report, None, None]:
    """Train up to `workers` of them at once. After `stop()` no new one begins, and the running ones save and end.

    A generator: closing it, or the death of this process, makes them save and end too.
    """
    context, waiting, running = fork_server(TRAINER), list(tasks), list[_Child]()
    try:
        while True:
            while waiting and len(running) < workers and not stop():
                running.append(_launch(context, waiting.pop(0), _free(devices, running), threads))
            if not running:
                return
            yield from _listen(running)
            if stop():
                _part(running)
    finally:
        _part(running)
        for child in running:
            child.process.join()


def _launch(context: ForkServerContext, task: Job, device: str, threads: int) -> _Child:
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(task, device, threads, theirs), name=task.name)
    process.start()
    theirs.close()
    return _Child(task, process, ours, device)


def _free(devices: Sequence[str], running: Sequence[_Child]) -> str:
    """The device with the fewest runs on it."""
    return min(devices, key=[child.device for child in running].count)


def _part(running: Sequence[_Child]) -> None:
    """Any word means: stop."""
    for child in running:
        try:
            child.pipe.send_bytes(b"stop")
        except OSError:
            continue  # it has just ended


def _listen(running: list[_Child]) -> Iterator[Report]:
    by_pipe = {child.pipe: child for child in running}
    for pipe in wait(list(by_pipe), timeout=POLL_S):
        assert isinstance(pipe, Connection)
        child = by_pipe[pipe]
        try:
            event = event_from_json(pipe.recv_bytes())
        except (EOFError, OSError):
            running.remove(child)
            child.process.join()
            pipe.close()
            if not child.ended:
                yield Report(child.task.name, left=_leaving(child.process.exitcode))
            continue
        child.ended = isinstance(event, Finished)
        yield Report(child.task.name, event)


def _leaving(code: int | None) -> str:
    known = {0: "stopped", BUSY: "another process trains it", -signal.SIGKILL: "killed (out of memory?)"}
    return known.get(code or 0, f"its process ended with exit code {code}")


def _child(task: Job, device: str, threads: int, pipe: Connection) -> None:
    """Train; tell the parent each event. A word from the parent, or its death, stops the run at the next event."""
    import torch

    from gan_core.config import resolve
    from gan_core.workers.unattended import unattended

    torch.set_num_threads(threads)
    config = resolve(task.settings)
    with pipe, _alone(task.directory), closing(unattended(config, task.directory, task.home, device)) as events:
        for event in events:
            try:
                pipe.send_bytes(event.model_dump_json().encode())
            except (BrokenPipeError, ConnectionResetError):
                return  # the parent has gone; the journal has everything
            if pipe.poll():
                return


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the folder's lock, so that several machines may share one folder of results; where it is taken, leave."""
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(BUSY) from None
        yield
    finally:
        os.close(descriptor)
