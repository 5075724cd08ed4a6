"""The workers of a study: submitted, found again by the next parent, missed when SLURM has them no more."""

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ablations.executors.slurm.clock import Clock
from ablations.executors.slurm.crew_record import CrewRecord, WorkerRecord, read_crew, write_crew
from ablations.executors.slurm.hand import Hand
from ablations.executors.slurm.messages import Bye, FromWorker, Hello
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.queue import Entry, SlurmError
from ablations.executors.slurm.site import Site
from gan_core.problems import Problem, UserError

MAILBOXES = "workers"
QUEUE_S = 5.0  # how often SLURM is asked
END_S = 60.0  # how long workers may take to end after their trials have, before SLURM cancels them
MISSED = 2  # times in a row that the queue lacks a worker before it counts as gone: SLURM, too, starts anew
STILLBORN = 3  # workers in a row that ended before they said hello
END_LOOK_S = 0.5
PATIENCE_S = 60.0  # before SLURM is asked for workers again that it has just refused


class Crew:
    """The workers of one study; `post` gives the post of a worker by the folder of its mailbox.

    `control`: the folder for mailboxes, which all machines reach; also what its jobs carry as comment. `asked`: what
    workers are submitted for; those of a former parent that asked for something else are let go.
    """

    def __init__(
        self, site: Site, control: Path, post: Callable[[Path], Post], most: int, asked: str, clock: Clock
    ) -> None:
        self.site, self.control, self.most, self.clock = site, control, most, clock
        self._post, self._asked = post, asked
        self.hands: dict[str, Hand] = {}
        self._next_look = self._next_submission = 0.0
        self._stillborn = 0

    @property
    def there(self) -> list[Hand]:
        """Those that train, or will."""
        return [hand for hand in self.hands.values() if not hand.is_leaving]

    def find(self) -> None:
        """Take on the workers that a former parent has left, and end those that it had no time to record."""
        record = read_crew(self.control)
        entries = self._entries()
        ours = {job for job, entry in entries.items() if entry.comment == str(self.control) and entry.is_there}
        for one in record.workers:
            if one.job in ours:
                hand = Hand(one.name, one.job, self._mailbox(one.name))
                hand.catch_up(self.clock.now())
                self.hands[one.name] = hand
            else:
                shutil.rmtree(self._mailbox(one.name), ignore_errors=True)
        if unknown := ours - {one.job for one in record.workers}:
            self.site.cancel(unknown)
        if record.workers and record.asked != self._asked:
            self.end()
        self._write()

    def hire(self, wanted: int) -> None:
        """Have so many workers there, at most `most`. Raises UserError where there is none, and SLURM refuses one."""
        missing = min(wanted, self.most) - len(self.there)
        if missing <= 0 or self.clock.now() < self._next_submission:
            return
        names = [uuid.uuid4().hex[:8] for _ in range(missing)]
        for name in names:
            self._mailbox(name).mkdir(parents=True)  # a worker makes none: where its own is gone, so is its study
        try:
            jobs = self.site.submit([self._post(self._mailbox(name)) for name in names])
        except SlurmError as error:
            for name in names:
                self._mailbox(name).rmdir()
            if not self.there:
                raise UserError(Problem(f"SLURM refuses workers for this study: {error}")) from error
            self._next_submission = self.clock.now() + PATIENCE_S  # a limit of jobs, as a rule
            return
        for name, job in zip(names, jobs, strict=True):
            self.hands[name] = Hand(name, job, self._mailbox(name))
        self._write()
        self._next_submission = self.clock.now() + QUEUE_S
        self._next_look = self.clock.now() + QUEUE_S

    def news(self) -> Iterator[tuple[Hand, FromWorker]]:
        """What the workers say. A hello is not yet noted, so that what its former life had can be looked after."""
        for hand in [*self.hands.values()]:
            for message in hand.news():
                yield hand, message
                if isinstance(message, Hello):
                    hand.begin_life(message, self.clock.now())
                    self._stillborn = 0
                elif isinstance(message, Bye) and message.life == hand.life:
                    hand.end_life()

    def missing(self, now: bool = False) -> list[tuple[Hand, str]]:
        """Workers that SLURM has no more, or starts again, and why; asked every few seconds, or `now`.

        Those that are gone are no hands any more. Raises UserError where none of them gets to work.
        """
        asked = self.clock.now()
        if not self.hands or (asked < self._next_look and not now):
            return []
        self._next_look = asked + QUEUE_S
        try:
            entries = self.site.queue()
        except SlurmError:
            return []  # it will answer again
        lost = []
        for hand in [*self.hands.values()]:
            entry = entries.get(hand.job)
            if entry is None or not entry.is_there:
                hand.missed += 1
                if hand.missed >= MISSED:
                    lost.append((hand, self._gone(hand, entry)))
                continue
            hand.missed = 0
            if entry.waits_for_ever and not hand.has_lived and not hand.is_leaving:
                self._refuse(hand, entry)
            if entry.waits and hand.life and hand.heard < asked:
                lost.append((hand, f"node {hand.node} has lost its SLURM job {hand.job}"))
        return lost

    def dismiss(self, hands: Iterable[Hand]) -> None:
        """Let these workers save and end; those that don't run are taken out of the queue."""
        chosen = [*hands]
        for hand in chosen:
            hand.leave()
        if waiting := [hand.job for hand in chosen if not hand.life]:
            self._cancel(waiting)

    def end(self, within_s: float = END_S) -> None:
        """Wait until SLURM has none of them any more, and cancel what is there after `within_s` seconds."""
        self.dismiss(self.hands.values())
        until, was_cancelled = self.clock.now() + within_s, False
        while self.hands:
            for hand, message in self.news():
                if isinstance(message, Hello):
                    self._cancel([hand.job])  # it has started meanwhile
            for hand, _ in self.missing(now=True):
                self.bury(hand)
            if self.clock.now() > until:
                if was_cancelled:
                    return  # SLURM knows what to do, and its nodes take their time
                self._cancel([hand.job for hand in self.hands.values()])
                until, was_cancelled = self.clock.now() + within_s, True
            if self.hands:
                self.clock.sleep(END_LOOK_S)
        self._write()

    def bury(self, hand: Hand) -> None:
        """It has not been there, or SLURM starts it again: nothing more is heard of this life of it."""
        hand.end_life()
        if hand.name not in self.hands:
            shutil.rmtree(hand.folder, ignore_errors=True)

    def _cancel(self, jobs: list[str]) -> None:
        try:
            self.site.cancel(jobs)
        except SlurmError:
            return  # asked again, where it matters

    def _gone(self, hand: Hand, entry: Entry | None) -> str:
        del self.hands[hand.name]
        self._write()
        if entry is not None and entry.waits:
            self._cancel([hand.job])  # SLURM holds it, and would for ever
        if not hand.has_lived and not hand.is_leaving:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise UserError(self._problem(hand))
        return f"its SLURM job {hand.job}{f' on {hand.node}' if hand.node else ''} is gone"

    def _problem(self, hand: Hand) -> Problem:
        log, said = self.site.last_words(hand.job)
        began = f"{self._stillborn} SLURM jobs in a row ended before they could train anything"
        if said:
            return Problem(f"{began}; the last one wrote into {log}:\n{said}")
        return Problem(f"{began}, and wrote no log", allowed=f"nodes that all reach {log.parent}")

    def _refuse(self, hand: Hand, entry: Entry) -> None:
        message = f"SLURM would keep the jobs of this study waiting for ever: {entry.reason}"
        self._cancel([one.job for one in self.hands.values()])
        raise UserError(Problem(message, ("--cluster",), "less time, or another partition, account or qos"))

    def _entries(self) -> dict[str, Entry]:
        try:
            return self.site.queue()
        except SlurmError as error:
            raise UserError(Problem(f"SLURM does not answer: {error}")) from error

    def _mailbox(self, name: str) -> Path:
        return self.control / MAILBOXES / name

    def _write(self) -> None:
        workers = tuple(WorkerRecord(name=hand.name, job=hand.job) for hand in self.hands.values())
        write_crew(self.control, CrewRecord(asked=self._asked, workers=workers))
