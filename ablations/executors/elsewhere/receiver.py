"""The parent's side of trials that train elsewhere: it alone writes their folders, from what it hears and fetches."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from ablations.executors.elsewhere.away import Away, bring_home
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.merging import Key, key_of, missing_in, story, told_in
from ablations.executors.elsewhere.patiently import patiently
from ablations.executors.elsewhere.shipped import ShippedJob, ship
from ablations.executors.elsewhere.trial_files import BEGUN, CHECKPOINT, WAITED_FOR, travelling
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Sampled, has_result
from gan_core.problems import Problem
from gan_core.workers.ending import ended
from gan_core.workers.job import Job, Report
from gan_core.workers.training_lock import ORPHAN_S, training_lock


@dataclass
class _Trial:
    """`known`: what its journal tells; `last`: the number of its last event, -1 for none."""

    shipped: ShippedJob
    known: set[Key]
    last: int
    is_home: bool = False

    @classmethod
    def of(cls, shipped: ShippedJob, told: Sequence[AnyEvent]) -> Self:
        """The trial as its journal, which tells this, has it."""
        return cls(shipped, {key_of(event) for event in told}, _last(told))


class Receiver:
    """Sends trials away and enters what they report. Whoever runs trials elsewhere calls it, from one thread.

    All methods raise ExchangeError where the exchange can't be read or written, after some tries: what was computed is
    there or here, and the same command goes on.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._trials: dict[str, _Trial] = {}
        self._unreported: dict[str, list[AnyEvent]] = {}

    def begin(self, job: Job) -> ShippedJob | Finished:
        """Send the trial's files to the exchange, ready to be trained from; returns what to send to the node.

        What an earlier attempt has left in the exchange is brought home first. Where that is the trial's result, the
        result is returned, and there is nothing to train. Raises TakenError where another process trains in the trial's
        folder and does not end.
        """
        with training_lock(job.directory, ORPHAN_S):
            before = told_in(_content(job))
            bring_home(job.directory)
            told = told_in(_content(job))
            self._note_unreported(job.name, before, told)
            events = story(told)
            if has_result(events) and isinstance(end := events[-1], Finished):
                return end
            shipped = ship(job, self._exchange.uri, uuid.uuid4().hex[:12])
            self._send(shipped)
        self._trials[job.name] = _Trial.of(shipped, told)
        return shipped

    def take_up(self, job: Job, attempt: str) -> ShippedJob | None:
        """Go on with an attempt that still runs, though the parent that began it has died; nothing is sent.

        None where it is not the last one that was begun, so that nothing of it may be entered: `begin` another one.
        What it has reported since it was begun may be reported again, from the start.
        """
        if Away.noted(job.directory) != Away.of(self._exchange.uri, job.name, attempt):
            return None
        shipped = ship(job, self._exchange.uri, attempt)
        self._trials[job.name] = _Trial.of(shipped, told_in(_content(job)))
        return shipped

    def attempt_of(self, name: str) -> str | None:
        """The attempt at this trial that is running; None where none is."""
        trial = self._trials.get(name)
        return None if trial is None else trial.shipped.attempt

    def event(self, name: str, event: AnyEvent, attempt: str | None = None) -> Report | None:
        """Enter an event of a running trial and return its report; None for what was known already.

        The file of a sample, and at an end all files, are fetched before the event is entered; after an end nothing of
        the trial is left in the exchange. A failure that is to be tried again is not for here: call `left`, then
        `begin`. `attempt`: of which the event is; of another attempt than the running one nothing is entered.
        """
        trial = self._trials.get(name)
        if trial is None or (attempt is not None and attempt != trial.shipped.attempt) or key_of(event) in trial.known:
            return None
        if isinstance(event, Finished):
            return Report(name, self._enter_end(name, trial, event))
        if event.seq > trial.last + 1:
            self._catch_up(trial)
            unreported = self._unreported.get(name, [])
            self._unreported[name] = [one for one in unreported if key_of(one) != key_of(event)]
        if event.seq <= trial.last + 1 and key_of(event) not in trial.known:
            self._enter(trial, event)
        return Report(name, event) if key_of(event) in trial.known else None  # it comes with what it follows

    def left(self, name: str) -> Finished | None:
        """The trial has left its node: bring home what it has done; returns its end, where its node's journal has one.

        A result is entered. A failure is not yet: it is tried again by `begin`, or entered by `event`. Afterwards
        nothing of the trial is left in the exchange.
        """
        trial = self._trials[name]
        before = set(trial.known)
        end = self._bring_home(trial)
        return None if end is None or (not end.is_result and key_of(end) in before) else end

    def finish(self, name: str) -> None:
        """Forget a trial that runs no more. One that was neither ended nor left stays in the exchange, for later."""
        self._trials.pop(name, None)

    def caught_up(self, name: str) -> list[Report]:
        """Reports of what was entered from the exchange without having been heard; each is given once. No ends."""
        return [Report(name, event) for event in self._unreported.pop(name, [])]

    def _send(self, shipped: ShippedJob) -> None:
        directory, exchange, place = shipped.directory, self._exchange, shipped.place
        Away(exchange.uri, place, holds=False).note(directory)
        for path in sorted(travelling(directory), key=lambda path: (path != journal.NAME, path == CHECKPOINT)):
            patiently(partial(exchange.put, directory, place, [path]))
        patiently(partial(exchange.put_bytes, f"{place}/{BEGUN}", WAITED_FOR))
        Away(exchange.uri, place).note(directory)

    def _enter(self, trial: _Trial, event: AnyEvent) -> None:
        directory = trial.shipped.directory
        if isinstance(event, Sampled):
            patiently(partial(self._exchange.get, trial.shipped.place, directory, [event.path]))
        journal.append(directory, event)
        trial.known.add(key_of(event))
        trial.last = event.seq

    def _catch_up(self, trial: _Trial) -> None:
        """Enter what was not heard of: a process was killed when it had written it, and the next one went on."""
        theirs = patiently(partial(self._exchange.get_bytes, f"{trial.shipped.place}/{journal.NAME}"))
        before = told_in(_content(trial.shipped))
        for event in missing_in(before, told_in(theirs)):
            if not isinstance(event, Finished):
                self._enter(trial, event)
        self._note_unreported(trial.shipped.name, before, told_in(_content(trial.shipped)))

    def _bring_home(self, trial: _Trial) -> Finished | None:
        """Bring everything home, once; returns the end that the node's journal tells."""
        if trial.is_home:
            return None
        shipped = trial.shipped
        before = told_in(_content(shipped))
        end = bring_home(shipped.directory)
        told = told_in(_content(shipped))
        self._note_unreported(shipped.name, before, told)
        trial.is_home, trial.known, trial.last = True, {key_of(event) for event in told}, _last(told)
        return end

    def _note_unreported(self, name: str, before: Sequence[AnyEvent], now: Sequence[AnyEvent]) -> None:
        """A journal only grows: what it tells now and did not tell before was never reported."""
        new = [event for event in now[len(before) :] if not isinstance(event, Finished)]
        self._unreported.setdefault(name, []).extend(new)

    def _enter_end(self, name: str, trial: _Trial, event: Finished) -> Finished:
        self._bring_home(trial)
        directory = trial.shipped.directory
        if event.is_result and key_of(event) not in trial.known:
            message = f"{name} was reported as {event.status}, and its files are not there; it is trained on from here"
            raise ExchangeError(Problem(message, source=f"{self._exchange.uri}: {trial.shipped.place}"))
        if not event.is_result and event.seq == trial.last + 1:
            journal.append(directory, event)
        elif not event.is_result:  # of a node that had nothing of the trial yet, and numbers events by itself
            event = ended(directory, event.status, event.reason)
        self.finish(name)
        return event


def _content(job: Job) -> bytes:
    path = job.directory / journal.NAME
    return path.read_bytes() if path.exists() else b""


def _last(told: Sequence[AnyEvent]) -> int:
    events = story(told)
    return events[-1].seq if events else -1
