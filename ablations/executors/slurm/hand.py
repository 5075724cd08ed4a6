"""A worker as its parent knows it."""

from dataclasses import dataclass, field
from pathlib import Path

from ablations.executors.elsewhere.shipped import ShippedJob, job_to_json
from ablations.executors.slurm.mailbox import INBOX, OUTBOX, Incoming, Outgoing
from ablations.executors.slurm.messages import (
    Bye,
    FromWorker,
    Halt,
    Hello,
    Leave,
    Left,
    Told,
    Train,
    from_worker,
    to_worker,
)
from gan_core.events import Finished, event_from_json


@dataclass
class Hand:
    """`job`: the id of its SLURM job; `life`: '' while it does not run. `trials`: attempts by name that it has."""

    name: str
    job: str
    folder: Path
    life: str = ""
    node: str = ""
    places: int = 1
    trials: dict[str, str] = field(default_factory=dict)
    is_leaving: bool = False
    has_lived: bool = False
    heard: float = 0.0  # time of its last hello, s, by the parent's clock
    idle_since: float = 0.0  # s
    missed: int = 0  # times in a row that SLURM's queue did not have it
    untold: dict[str, list[Told | Left]] = field(default_factory=dict)  # by attempt: what a former parent did not hear

    def __post_init__(self) -> None:
        self._inbox, self._outbox = Outgoing(self.folder / INBOX, makes_folder=True), Incoming(self.folder / OUTBOX)

    @property
    def free(self) -> int:
        """How many trials it could begin now."""
        return self.places - len(self.trials) if self.life and not self.is_leaving else 0

    def train(self, job: ShippedJob) -> None:
        """Give it this trial. Raises OSError."""
        self._inbox.add([Train(life=self.life, name=job.name, attempt=job.attempt, job=job_to_json(job))])
        self.trials[job.name] = job.attempt

    def halt(self, name: str) -> None:
        """Let this trial save and end."""
        self._inbox.add([Halt(life=self.life, name=name)])

    def leave(self) -> None:
        """Let it save and end."""
        if self.life and not self.is_leaving:
            self._inbox.add([Leave(life=self.life)])
        self.is_leaving = True

    def news(self) -> list[FromWorker]:
        """What it has said since the last look."""
        return from_worker(self._outbox.lines())

    def begin_life(self, hello: Hello, now: float) -> None:
        """It has started, perhaps once more."""
        self.life, self.node, self.places, self.has_lived = hello.life, hello.node, hello.places, True
        self.heard = self.idle_since = now
        self.trials.clear()

    def end_life(self) -> None:
        """It does not run any more."""
        self.life = ""
        self.trials.clear()

    def catch_up(self, now: float) -> None:
        """Read what a parent that has died has written to it, and what it has said since it was submitted."""
        sent = to_worker(Incoming(self.folder / INBOX).lines())
        for message in self.news():
            match message:
                case Hello():
                    self.begin_life(message, now)
                    self.untold.clear()
                    given = [one for one in sent if isinstance(one, Train) and one.life == message.life]
                    self.trials.update({one.name: one.attempt for one in given})
                    self.is_leaving = any(isinstance(one, Leave) and one.life == message.life for one in sent)
                case Bye():
                    self.end_life()
                    self.untold.clear()
                case Told() | Left():
                    self.keep(message)

    def keep(self, message: Told | Left) -> None:
        """Keep what it says of a trial that this parent has not taken yet. Of one that is over its files say all."""
        if self.trials.get(message.name) != message.attempt:
            return
        self.untold.setdefault(message.attempt, []).append(message)
        if _ends(message):
            del self.trials[message.name]
            del self.untold[message.attempt]


def _ends(message: Told | Left) -> bool:
    """Whether the attempt is over."""
    if isinstance(message, Left):
        return not message.again
    return isinstance(event_from_json(message.event), Finished)
