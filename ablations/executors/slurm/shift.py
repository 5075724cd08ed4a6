"""One life of a worker: from hello to bye it trains what its inbox says, and says in its outbox what happens."""

import signal
import time
from collections import deque
from collections.abc import Iterator

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.scratch import landed, settled
from ablations.executors.elsewhere.shipped import ShippedJob, job_from_json
from ablations.executors.slurm.mailbox import INBOX, OUTBOX, Incoming, Outgoing
from ablations.executors.slurm.messages import Bye, Halt, Hello, Leave, Left, Told, ToWorker, Train, to_worker
from ablations.executors.slurm.post import Post
from gan_core.events import Finished
from gan_core.records import Record
from gan_core.workers.job import STOPPED, Job, Report
from gan_core.workers.pool import Pool

IDLE_LOOK_S = 0.15  # how often the inbox is read while a place is free
BUSY_LOOK_S = 1.0  # and while there is none
SAY_S = 0.2  # how long an event may wait for others, so that they go out together
GONE = "its mailbox is gone: the study was deleted, or its parent has given this worker up"
FOR_THE_WORKER = {signal.SIGUSR1, signal.SIGUSR2}  # would end the processes that it starts


class Shift:
    """Runs in a thread of its own, so that signals reach the main thread at any time. `life`: a word of its own."""

    def __init__(self, post: Post, life: str, node: str) -> None:
        self.post, self.life, self.node = post, life, node
        self._inbox, self._outbox = Incoming(post.folder / INBOX), Outgoing(post.folder / OUTBOX)
        self._to_begin: deque[ShippedJob] = deque()
        self._begun: dict[str, ShippedJob] = {}  # as they have landed here
        self._unsaid: list[Record] = []
        self._next_look = self._next_word = 0.0
        self._last_word = time.monotonic()  # of the parent's, or of a trial's
        self._why = ""  # it ends
        self._returns = False
        self.is_over = False

    def end(self, why: str, returns: bool = False) -> None:
        """Let all trials save, and end. From any thread, or a signal's handler; the first one who asks is heard."""
        if not self._why:
            self._returns = returns
            self._why = why

    def work(self) -> None:
        """Train until there is a reason to end.

        Raises OSError where the mailbox can't be used, and ExchangeError where files can't travel from this node.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_WORKER)  # of this thread, and of what it starts
        post = self.post
        try:
            Exchange(post.exchange).check()  # before anything is trained here
            pool = Pool(post.trainer, post.places, (post.device,), post.threads, post.patience)
            self._halt = pool.halt
            self._outbox.add(
                [Hello(life=self.life, node=self.node, places=post.places)]
            )  # raises where it is not there
            jobs = _Handed(self)
            while True:
                for report in pool.run(jobs, self._must_stop):
                    self._hear(report)
                if self._must_stop():
                    break
                time.sleep(IDLE_LOOK_S)
            for job in self._to_begin:
                self._say(Left(name=job.name, attempt=job.attempt, why=self._why, begun=False))
            self._say(Bye(life=self.life, why=self._why, returns=self._returns), at_once=True)
        finally:
            self.is_over = True

    def next_job(self) -> Job | None:
        """The next trial to begin here, if the parent has sent one."""
        self._look()
        if not self._to_begin or self._why:
            return None
        job = landed(self._to_begin.popleft())
        self._begun[job.name] = job
        return job

    def _must_stop(self) -> bool:
        """Whether the trials here are to end now. Asked again and again, it looks into the inbox, too."""
        self._look()
        self._speak()
        now = time.monotonic()
        if self._begun or self._to_begin:
            self._last_word = now
        elif now - self._last_word > self.post.idle_s:
            self.end("nobody has sent a trial")
        return bool(self._why)

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        is_full = len(self._begun) >= self.post.places
        self._next_look = now + (BUSY_LOOK_S if is_full else IDLE_LOOK_S)
        if not self.post.folder.is_dir():
            self.end(GONE)
        for message in to_worker(self._inbox.lines()):
            if message.life == self.life:
                self._last_word = now
                self._heed(message)

    def _heed(self, message: ToWorker) -> None:
        match message:
            case Train():
                self._to_begin.append(job_from_json(message.job))
            case Halt() if message.name in self._begun:
                self._halt(message.name)
            case Leave():
                self.end("it was asked to")

    def _hear(self, report: Report) -> None:
        job = self._begun[report.name]
        report = settled(job, report)
        if report.event is not None:
            has_ended = isinstance(report.event, Finished)
            self._say(Told(name=job.name, attempt=job.attempt, event=report.event.model_dump_json()), has_ended)
        else:
            has_ended = not report.again
            why = self._why if self._why and report.left == STOPPED else report.left
            crashed = has_ended and report.left != STOPPED and not report.killed
            left = Left(name=job.name, attempt=job.attempt, why=why, again=report.again, crashed=crashed)
            self._say(left, at_once=True)
        if has_ended:
            del self._begun[job.name]
            self._next_look = 0.0

    def _say(self, message: Record, at_once: bool = False) -> None:
        self._unsaid.append(message)
        self._speak(at_once)

    def _speak(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if self._unsaid and (at_once or now >= self._next_word):
            try:
                self._outbox.add(self._unsaid)
            except FileNotFoundError:
                self.end(GONE)
            self._unsaid.clear()
            self._next_word = now + SAY_S


class _Handed(Iterator[Job]):
    """The trials that the parent sends. It may have one again after it had none."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift

    def __next__(self) -> Job:
        if (job := self._shift.next_job()) is None:
            raise StopIteration
        return job
