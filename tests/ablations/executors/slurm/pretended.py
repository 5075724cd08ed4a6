"""A SLURM that only pretends, in this process and by a clock of its own: workers that go on a step as time passes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ablations.executors.elsewhere.delivery import Delivery
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.scratch import landed
from ablations.executors.elsewhere.shipped import ShippedJob, job_from_json
from ablations.executors.slurm.clock import Clock
from ablations.executors.slurm.mailbox import INBOX, OUTBOX, Incoming, Outgoing
from ablations.executors.slurm.messages import Bye, Halt, Hello, Leave, Left, Told, Train, to_worker
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.queue import Entry, SlurmError
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Sampled
from gan_core.records import Record
from gan_core.workers.job import STOPPED

Story = Callable[[str], list[AnyEvent]]  # all that a trial of this name tells


@dataclass
class PretendedTrial:
    job: ShippedJob
    delivery: Delivery
    to_come: list[AnyEvent]


class PretendedWorker:
    """One life after another: each step, every trial tells one event, and its journal is in the exchange."""

    def __init__(self, post: Post, story: Story, node: str, fails: dict[str, str]) -> None:
        self.post, self.story, self.node, self.fails = post, story, node, fails
        self.lives = 0
        self.trials: dict[str, PretendedTrial] = {}
        self._begin()

    def _begin(self) -> None:
        self.lives += 1
        self.life = f"life-{self.lives}"
        self._inbox = Incoming(self.post.folder / INBOX)
        self.say(Hello(life=self.life, node=self.node, places=self.post.places))

    def say(self, *messages: Record) -> None:
        Outgoing(self.post.folder / OUTBOX).add(messages)

    def step(self) -> bool:
        """Whether it goes on."""
        for message in to_worker(self._inbox.lines()):
            match message:
                case Train(life=self.life, job=text):
                    self._land(job_from_json(text))
                case Halt(life=self.life, name=name) if name in self.trials:
                    self._leave(name)
                case Leave(life=self.life):
                    self.end("it was asked to")
                    return False
        for name, trial in [*self.trials.items()]:
            event = trial.to_come.pop(0)
            if isinstance(event, Sampled):
                (trial.job.directory / event.path).parent.mkdir(exist_ok=True)
                (trial.job.directory / event.path).write_text("a picture")
            journal.append(trial.job.directory, event)
            trial.delivery.send()
            self.say(Told(name=name, attempt=trial.job.attempt, event=event.model_dump_json()))
            if not trial.to_come:
                del self.trials[name]
        return True

    def end(self, why: str, returns: bool = False) -> None:
        for name in [*self.trials]:
            self._leave(name)
        self.say(Bye(life=self.life, why=why, returns=returns))

    def return_(self) -> None:
        """SLURM starts it again, whatever it had."""
        self.trials.clear()
        self._begin()

    def _land(self, sent: ShippedJob) -> None:
        job = landed(sent)
        delivery = Delivery(Exchange(job.exchange), job.place, job.directory)
        delivery.fetch()
        begun = journal.read(job.directory)
        to_come = self.story(job.name)[len(begun) :]
        if reason := self.fails.pop(job.name, ""):
            common = to_come[3].model_dump(include={"seq", "time", "step", "images", "wall_s"})
            to_come[3:] = [Finished(**common, status="failed", reason=reason)]
        self.trials[job.name] = PretendedTrial(job, delivery, to_come)

    def _leave(self, name: str) -> None:
        trial = self.trials.pop(name)
        self.say(Left(name=name, attempt=trial.job.attempt, why=STOPPED))


@dataclass
class PretendedSite(Clock):
    """A `Site` and its clock. `starts`: whether its jobs are started; `dies`: whether they end before they say a word.

    `fails`: trials whose next attempt fails, and why; `also`: called after each step.
    """

    story: Story
    starts: bool = True
    dies: bool = False
    refuses: str = ""
    reason: str = "Resources"
    comment: str = ""
    workers: dict[str, PretendedWorker] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)  # of jobs in the queue
    submitted: int = 0
    fails: dict[str, str] = field(default_factory=dict)
    also: Callable[[], None] = lambda: None
    time_s: float = 0.0

    def now(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds
        for job in [job for job in self.posts if self.starts and job not in self.workers]:
            if self.dies:
                del self.posts[job]
            else:
                self.workers[job] = PretendedWorker(self.posts[job], self.story, f"node-of-{job}", self.fails)
        for job, worker in [*self.workers.items()]:
            if not worker.step():
                self.lose(job)
        self.also()

    def lose(self, job: str) -> PretendedWorker:
        """This job is gone without a word."""
        self.posts.pop(job)
        return self.workers.pop(job)

    def submit(self, posts: list[Post]) -> list[str]:
        if self.refuses:
            raise SlurmError(self.refuses)
        self.submitted += 1
        jobs = [f"{self.submitted}_{number}" for number in range(len(posts))]
        self.posts |= dict(zip(jobs, posts, strict=True))
        return jobs

    def queue(self) -> dict[str, Entry]:
        return {entry.job: entry for entry in self._entries()}

    def _entries(self) -> Iterator[Entry]:
        for job in self.posts:
            runs = job in self.workers
            yield Entry(job, "RUNNING" if runs else "PENDING", "", "None" if runs else self.reason, self.comment)

    def cancel(self, jobs: Iterable[str]) -> None:
        for job in jobs:
            self.posts.pop(job, None)
            if worker := self.workers.pop(job, None):
                worker.end("SLURM ends its job")

    def last_words(self, job: str) -> tuple[Path, str]:
        return Path("logs") / job, "ModuleNotFoundError: no module named gan_core"
