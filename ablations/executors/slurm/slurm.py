"""Trials on a SLURM cluster: the parent hands them out one by one to workers that SLURM has started, and hears of them.

Workers and parent find each other through files in a folder that all machines reach (`mailbox.py`). A parent that was
killed leaves its workers at work, and the next one goes on with them.
"""

from collections.abc import Callable, Generator, Iterator
from math import ceil
from pathlib import Path

from ablations.executors.elsewhere.course import Course
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.slurm.clock import Clock
from ablations.executors.slurm.crew import Crew
from ablations.executors.slurm.hand import Hand
from ablations.executors.slurm.messages import Bye, FromWorker, Hello, Left, Told
from ablations.executors.slurm.placement import Placement
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.site import Site
from ablations.study.cluster import MOST_JOBS
from gan_core.events import Finished, event_from_json
from gan_core.workers.job import Job, Report

IDLE_S = 60.0  # after which a worker without a trial is let go, where no trial is to come
LOOK_S = 0.05  # between two looks at the outboxes of few workers
LOOK_S_A_WORKER = 0.004


class Slurm:
    """An `Executor`. `site`: the cluster."""

    def __init__(
        self, setting: Elsewhere, site: Site, receiver: Receiver, control: Path, clock: Clock | None = None
    ) -> None:
        needs = setting.needs
        self._placement = Placement()
        self._course = Course(receiver, self._placement, needs.gpus)
        self._places = needs.trials_a_gpu

        def post(folder: Path) -> Post:
            device = "cuda:0" if needs.gpus else "cpu"
            return Post(folder, setting.exchange, self._places, needs.cpus, device, setting.trainer, setting.patience)

        self._clock = clock or Clock()
        asked = needs.model_copy(update={"workers": None}).model_dump_json(exclude_none=True)
        self._crew = Crew(site, control, post, needs.workers or MOST_JOBS, f"{asked} {setting.trainer}", self._clock)
        self._halted: set[str] = set()
        self._has_looked = False

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        self._find_workers()
        try:
            while True:
                if stop():
                    yield from self._stop()
                else:
                    yield from self._take(jobs)
                    self._placement.hand_out(self._crew.there)
                if not self._course.under_way:
                    break
                yield from self._listen(stop())
                self._clock.sleep(LOOK_S + LOOK_S_A_WORKER * len(self._crew.hands))
        finally:
            self._end_trials()
            if stop():
                self.close()

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)
        if hand := self._placement.at.get(name):
            hand.halt(name)

    def close(self) -> None:
        """See `Executor`."""
        self._crew.end()

    def _find_workers(self) -> None:
        """Take on those that a former parent has left, once."""
        if not self._has_looked:
            self._has_looked = True
            self._crew.find()

    def _take(self, jobs: Iterator[Job]) -> Iterator[Report]:
        """Take as many trials as there may be places, and have workers for them."""
        most = self._crew.most * self._places
        while len(self._course.under_way) < most and (job := next(jobs, None)) is not None:
            hand = next((hand for hand in self._crew.there if job.name in hand.trials), None)
            if hand is None:
                yield from self._course.begin(job)
            else:
                yield from self._go_on(job, hand)
        self._crew.hire(ceil(len(self._course.under_way) / self._places))
        if not self._placement.waiting:
            now = self._clock.now()
            idle = [hand for hand in self._crew.there if not hand.trials and now - hand.idle_since > IDLE_S]
            self._crew.dismiss(hand for hand in idle if hand.life)

    def _go_on(self, job: Job, hand: Hand) -> Iterator[Report]:
        """A worker has had this trial since before this parent began: hear what it has said."""
        attempt = hand.trials[job.name]
        if not self._course.take_up(job, attempt):  # it was begun anew elsewhere, or went on here
            hand.halt(job.name)
            yield from self._course.begin(job)
            return
        self._placement.at[job.name] = hand
        for message in hand.untold.pop(attempt, []):
            yield from self._heed(hand, message, stopping=False)

    def _listen(self, stopping: bool) -> Iterator[Report]:
        for hand, message in self._crew.news():
            yield from self._heed(hand, message, stopping)
        for hand, why in self._crew.missing():
            for message in hand.news():  # the last it has said
                yield from self._heed(hand, message, stopping)
            yield from self._lost_by(hand, why, stopping)
            self._crew.bury(hand)

    def _heed(self, hand: Hand, message: FromWorker, stopping: bool) -> Iterator[Report]:
        match message:
            case Told() | Left() if self._course.attempt_of(message.name) != message.attempt:
                hand.keep(message)
            case Told():
                yield from self._told(hand, message, stopping)
            case Left():
                yield from self._left(hand, message, stopping)
            case Hello() if hand.life:
                yield from self._lost_by(hand, f"its SLURM job {hand.job} has been started anew", stopping)
            case Bye() if message.life == hand.life:
                yield from self._lost_by(hand, message.why, stopping, begun=False)  # all that have begun have left

    def _told(self, hand: Hand, message: Told, stopping: bool) -> Iterator[Report]:
        event = event_from_json(message.event)
        if isinstance(event, Finished):
            self._gives_up_place(hand, message.name)
        yield from self._course.told(message.name, message.attempt, event, stopping)

    def _left(self, hand: Hand, message: Left, stopping: bool) -> Iterator[Report]:
        if message.again:
            yield Report(message.name, left=f"{message.why} (on {hand.node})", again=True)
            return
        self._gives_up_place(hand, message.name)
        why, stopping = f"on {hand.node}: {message.why}", stopping or message.name in self._halted
        yield from self._course.gone(message.name, why, stopping, lost=not message.crashed, begun=message.begun)

    def _lost_by(self, hand: Hand, why: str, stopping: bool, begun: bool = True) -> Iterator[Report]:
        """All trials that this worker has had are without one; `begun`: whether they may have begun there."""
        for name in self._placement.lose(hand):
            hand.idle_since = self._clock.now()
            yield from self._course.gone(name, why, stopping or name in self._halted, begun=begun)

    def _gives_up_place(self, hand: Hand, name: str) -> None:
        self._placement.take_back(hand, name)
        hand.idle_since = self._clock.now()

    def _stop(self) -> Iterator[Report]:
        """Let all that run save and end; those that wait for a worker have not begun."""
        while self._placement.waiting:
            yield self._course.give_up_waiting(self._placement.waiting.popleft().name)
        self._crew.dismiss(self._crew.there)

    def _end_trials(self) -> None:
        """What runs, as it may after an exception in whoever asks for reports: it saves and ends, as after a stop."""
        if not self._course.under_way:
            return
        try:
            while self._course.under_way:
                for _ in self._stop():
                    pass
                for _ in self._listen(stopping=True):
                    pass  # it is in the journal
                self._clock.sleep(LOOK_S)
        finally:
            self.close()
