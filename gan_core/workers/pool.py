"""Runs next to each other, each in a process of its own that is asked to stop and never torn from its checkpoint."""

import pkgutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess

from gan_core import journal
from gan_core.events import AnyEvent, Finished, event_from_json, has_result
from gan_core.workers.deaths import HUNG_AGAIN, KILLED_AGAIN, TAKEN_CODE, UNKNOWN, leaving, was_killed
from gan_core.workers.ending import ended
from gan_core.workers.fork_server import fork_server
from gan_core.workers.job import STOPPED, Job, Report
from gan_core.workers.parent_line import SIGN_OF_LIFE, ParentLine
from gan_core.workers.patience import USUAL_PATIENCE, Life, Patience
from gan_core.workers.standard_output import leave_to_parent
from gan_core.workers.training_lock import TakenError, training_lock

POLL_S = 0.2
KILL_S = 5.0  # how long a killed process is waited for; one that the system holds fast is left behind
STOP = b"stop"

# job, device, threads, stop -> its events
Trainer = Callable[[Job, str, int, Callable[[], bool]], Generator[AnyEvent, None, None]]


@dataclass
class _Child:
    job: Job
    process: BaseProcess
    pipe: Connection
    device: str
    killed: int = 0  # how often a process of this job was killed before
    hung: int = 0
    life: Life = field(default_factory=Life)
    ended: bool = False
    asked_to_stop: bool = False


class Pool:
    """Trains up to `workers` jobs at once, each in a process of its own, on the device with the fewest jobs.

    `trainer`: the function that trains a job, as 'package.module:function', a `Trainer`. The parent never imports it:
    constructing the pool starts the fork server, which imports it in the background, and every child starts from there.

    A job whose process is killed is taken up again from its checkpoint, twice; one that hangs, by `patience`, once, and
    then fails. What ends by itself, an exception or a crash, would do so again, and is left. `wait_s`: how long a child
    waits for another process to leave the job's folder.
    """

    def __init__(
        self,
        trainer: str,
        workers: int,
        devices: Sequence[str],
        threads: int,
        patience: Patience = USUAL_PATIENCE,
        wait_s: float = 0.0,
    ) -> None:
        self.trainer, self.workers, self.devices, self.threads = trainer, workers, tuple(devices), threads
        self.patience, self.wait_s = patience, wait_s
        self._fork_server()
        self._halted: set[str] = set()

    def halt(self, name: str) -> None:
        """Let this job, which runs, save and end after its step."""
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
                    running.append(self._launched(job, running))
                if not running:
                    return
                yield from self._listen(running)
                self._ask_to_stop(running, stop())
        finally:
            while running:
                self._ask_to_stop(running, everybody=True)
                for _ in self._listen(running):
                    pass  # it is in the journal

    def _launched(self, job: Job, running: Sequence[_Child], killed: int = 0, hung: int = 0) -> _Child:
        device = min(self.devices, key=[child.device for child in running].count)
        context = self._fork_server()  # a new one where it was killed
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_train, args=(self.trainer, job, device, self.threads, self.wait_s, theirs), name=job.name
        )
        process.start()
        theirs.close()
        return _Child(job, process, ours, device, killed, hung)

    def _fork_server(self) -> ForkServerContext:
        return fork_server(self.trainer.partition(":")[0])

    def _listen(self, running: list[_Child]) -> Iterator[Report]:
        """What the children say within a moment, and the ends of those that have died or hang."""
        by_pipe = {child.pipe: child for child in running}
        heard = wait(list(by_pipe), timeout=POLL_S)
        for child in running:
            child.life.look()
        for pipe in heard:
            assert isinstance(pipe, Connection)
            yield from self._hear(by_pipe[pipe], running)
        for child in [child for child in running if self.patience.is_over(child.life)]:
            yield from self._end_hung(child, running)

    def _hear(self, child: _Child, running: list[_Child]) -> Iterator[Report]:
        try:
            message = child.pipe.recv_bytes()
        except (EOFError, OSError):  # OSError: torn in the middle of a message, or closed with our request unread
            yield from self._bury(child, running)
            return
        if message == SIGN_OF_LIFE:
            child.life.sign()
            return
        event = event_from_json(message)
        child.life.event()
        child.ended = isinstance(event, Finished)
        yield Report(child.job.name, event)

    def _bury(self, child: _Child, running: list[_Child]) -> Iterator[Report]:
        child.process.join()
        self._remove(child, running)
        if child.ended:
            return
        if end := _result(child.job):  # written, and killed before it could be told
            yield Report(child.job.name, end)
            return
        code = child.process.exitcode
        why = STOPPED if code == UNKNOWN and child.asked_to_stop else leaving(code)
        if was_killed(code) and child.killed < KILLED_AGAIN and not child.asked_to_stop:
            killed = child.killed + 1
            running.append(self._launched(child.job, running, killed, child.hung))
            again = f"{why}; goes on from its checkpoint ({killed} of {KILLED_AGAIN})"
            yield Report(child.job.name, left=again, again=True)
            return
        yield Report(child.job.name, left=why, killed=was_killed(code) and not child.asked_to_stop)

    def _end_hung(self, child: _Child, running: list[_Child]) -> Iterator[Report]:
        child.process.kill()
        child.process.join(KILL_S)
        self._remove(child, running)
        if child.ended:
            return
        name = child.job.name
        why = f"no sign of life for {child.life.without_a_sign:.0f} s, no event for {child.life.without_an_event:.0f} s"
        if end := _result(child.job):
            yield Report(name, end)
        elif child.asked_to_stop:
            yield Report(name, left=STOPPED)  # without a checkpoint of this moment; it goes on from the last one
        elif child.hung < HUNG_AGAIN:
            running.append(self._launched(child.job, running, child.killed, child.hung + 1))
            yield Report(name, left=f"hangs ({why}); ended, and goes on from its checkpoint", again=True)
        else:
            yield Report(name, ended(child.job.directory, "failed", f"hangs, for the second time: {why}"))

    def _remove(self, child: _Child, running: list[_Child]) -> None:
        running.remove(child)
        child.pipe.close()

    def _ask_to_stop(self, running: Sequence[_Child], everybody: bool) -> None:
        for child in running:
            if (everybody or child.job.name in self._halted) and not child.asked_to_stop:
                child.asked_to_stop = True
                try:
                    child.pipe.send_bytes(STOP)
                except OSError:
                    continue  # it has just ended


def _result(job: Job) -> Finished | None:
    """The end that the journal of this job has, where it has one that stands."""
    events = journal.read(job.directory)
    end = events[-1] if has_result(events) else None
    return end if isinstance(end, Finished) else None


def _train(trainer: str, job: Job, device: str, threads: int, wait_s: float, pipe: Connection) -> None:
    """The child: train, and send each event. Any message from the parent, or its death, stops it after its step."""
    leave_to_parent()
    train: Trainer = pkgutil.resolve_name(trainer)
    try:
        with (
            ParentLine(pipe) as line,
            training_lock(job.directory, wait_s, line.must_stop, line.show_life),
            closing(train(job, device, threads, line.must_stop)) as events,  # closing saves an unfinished run
        ):
            for event in events:
                line.send(event)
                if line.must_stop() and not isinstance(event, Finished):
                    return
    except TakenError:
        raise SystemExit(TAKEN_CODE) from None
