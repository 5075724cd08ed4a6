"""What a trial's folder holds and the exchange lacks, sent from a node in an order that is safe at every moment."""

from functools import partial
from pathlib import Path

from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.patiently import patiently
from ablations.executors.elsewhere.trial_files import BEGUN, CHECKPOINT, WAITED_FOR, before_the_end, travelling
from gan_core import journal
from gan_core.problems import Problem

State = tuple[int, int]  # size, bytes; time of the last change, ns


class SupersededError(Exception):
    """The trial was taken up elsewhere, or its files were brought home: nobody waits for this attempt any more."""


class Delivery:
    """Sends the files of one attempt from `directory` to `place` in the exchange, each time those that have changed."""

    def __init__(self, exchange: Exchange, place: str, directory: Path) -> None:
        self._exchange, self._place, self._directory = exchange, place, directory
        self._sent: dict[str, State] = {}

    def fetch(self) -> None:
        """Get what the exchange has of the trial. Raises ExchangeError, also where nobody waits for this attempt."""
        paths = patiently(partial(self._exchange.files, self._place))
        if BEGUN not in paths:
            message = f"{self._place} is not in it, as this node sees it, or was called home"
            allowed = "a place that is the same one on all machines"
            raise ExchangeError(Problem(message, source=self._exchange.uri, allowed=allowed), lasting=True)
        for path in paths:
            if path != BEGUN:
                patiently(partial(self._exchange.get, self._place, self._directory, [path]))
                self._sent[path] = self._state(path)

    def send(self) -> None:
        """Send what has changed: the journal first, the checkpoint last, and the end of a run after everything else.

        So a checkpoint in the exchange never knows of an event that the journal beside it lacks; and where that journal
        has an end, all files of the run are there. Raises ExchangeError, SupersededError.
        """
        if not self._is_waited_for():
            raise SupersededError(self._place)
        now = {path: self._state(path) for path in travelling(self._directory)}
        changed = [path for path, state in now.items() if self._sent.get(path) != state]
        told = b""
        if journal.NAME in changed:
            told = (self._directory / journal.NAME).read_bytes()
            self._write_journal(before_the_end(told))
        for path in sorted(changed, key=lambda path: path == CHECKPOINT):
            if path != journal.NAME:
                patiently(partial(self._exchange.put, self._directory, self._place, [path]))
                self._sent[path] = now[path]
        if told != before_the_end(told):
            self._write_journal(told)
        if told:
            self._sent[journal.NAME] = now[journal.NAME]

    def _is_waited_for(self) -> bool:
        path = f"{self._place}/{BEGUN}"
        if not patiently(partial(self._exchange.exists, path)):
            return False
        return patiently(partial(self._exchange.get_bytes, path)) == WAITED_FOR

    def _write_journal(self, content: bytes) -> None:
        if content:
            patiently(partial(self._exchange.put_bytes, f"{self._place}/{journal.NAME}", content))

    def _state(self, path: str) -> State:
        found = (self._directory / path).stat()
        return found.st_size, found.st_mtime_ns
