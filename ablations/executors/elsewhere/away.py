"""A trial that is away: the note in its folder that says where, and how what it has done there comes home."""

import json
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.merging import missing_in, told_in
from ablations.executors.elsewhere.patiently import patiently
from ablations.executors.elsewhere.shipped import place_of_attempt
from ablations.executors.elsewhere.trial_files import AWAY, BEGUN, CALLED_HOME, CHECKPOINT, PREVIOUS
from gan_core import journal
from gan_core.events import Finished, has_result
from gan_core.machine.files import write_text
from gan_core.problems import Problem, UserError

PLACE = re.compile(r"trials/[^/\\.][^/\\]*/[0-9a-f]{12}")  # what is there is removed in the end: nothing but a trial's
ARRIVING = ".arriving"  # of a trial's folder: files on their way into their places
MOST_LOOKS = 20  # at a journal that its writer still changes; whoever writes stops, since it was called home


@dataclass(frozen=True)
class Away:
    """Where an attempt at a trial is: `exchange`: its URI; `place`: the name of its files there.

    `holds`: whether anything there is worth to be fetched. Not before everything was sent, nor once it is home.
    """

    exchange: str
    place: str
    holds: bool = True

    @classmethod
    def of(cls, exchange: str, name: str, attempt: str) -> Self:
        """The note of this attempt."""
        return cls(exchange, place_of_attempt(name, attempt))

    @classmethod
    def noted(cls, directory: Path) -> Self | None:
        """What a trial's folder says; None where the trial is not away. Raises UserError for what can't be read."""
        try:
            content = json.loads((directory / AWAY).read_bytes())
            if PLACE.fullmatch(str(content["place"])) is None:
                raise ValueError
            return cls(str(content["exchange"]), str(content["place"]), bool(content["holds"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            message = "does not say where the trial is trained"
            allowed = "remove the file to train on from what the folder holds"
            raise UserError(Problem(message, source=str(directory / AWAY), allowed=allowed)) from None

    def note(self, directory: Path) -> None:
        """Leave this note in the trial's folder."""
        write_text(directory / AWAY, json.dumps(asdict(self), indent=2) + "\n")


def bring_home(directory: Path) -> Finished | None:
    """Bring what a trial has done elsewhere into its folder; returns the end that its node's journal tells, if any.

    An end by failure is returned, but not written: whoever asks decides whether the trial is tried again. Whoever still
    trains it there is told to stop. Where this process is killed on the way, the next call does the rest. A trial that
    is not away is left as it is. Raises ExchangeError, and UserError for a note that can't be read.
    """
    if (away := Away.noted(directory)) is None:
        return None
    exchange = Exchange(away.exchange)
    try:
        is_whole = has_result(journal.read(directory))  # files come before a result
        end = fetched(exchange, away.place, directory) if away.holds and not is_whole else None
    except ExchangeError as error:
        (problem,) = error.problems
        allowed = f"to train on without what it has done there, remove {directory / AWAY}"
        raise ExchangeError(Problem(problem.message, source=problem.source, allowed=allowed), error.lasting) from error
    replace(away, holds=False).note(directory)
    patiently(partial(exchange.remove, away.place))
    (directory / AWAY).unlink(missing_ok=True)
    return end


def bring_all_home(trials: Path, *, ended: bool) -> list[str]:
    """Bring home every trial of a study that is away, and nobody hears of; returns the names of their folders.

    `ended`: only those that have their result at home already, of which a killed process has left the rest there.
    Where that can't be removed now, a later call does. Raises UserError as `bring_home` does.
    """
    if not trials.is_dir():
        return []
    brought = []
    for directory in sorted(path.parent for path in trials.glob(f"*/{AWAY}")):
        if has_result(journal.read(directory)):
            with suppress(ExchangeError):
                bring_home(directory)
        elif not ended:
            bring_home(directory)
            brought.append(directory.name)
    return brought


def fetched(exchange: Exchange, place: str, directory: Path) -> Finished | None:
    """Fetch the files of an attempt, and enter what its journal tells; see `bring_home`. The exchange keeps them.

    The journal is entered before the checkpoint takes its place, and a result after all files have: whatever ends this
    process, the checkpoint never knows of an event that the journal lacks, and where there is a result there are files.
    """
    begun = f"{place}/{BEGUN}"
    if not patiently(partial(exchange.exists, begun)):
        raise ExchangeError(
            Problem(f"{place} is not there, where the trial was trained", source=exchange.uri), lasting=True
        )
    patiently(partial(exchange.put_bytes, begun, CALLED_HOME))
    arriving = directory / ARRIVING
    shutil.rmtree(arriving, ignore_errors=True)
    told, paths = _settled(exchange, place, arriving)
    theirs = told_in(told)
    end = theirs[-1] if theirs and isinstance(theirs[-1], Finished) else None
    new = missing_in(told_in(_content(directory)), theirs)
    result = new.pop() if new and isinstance(new[-1], Finished) else None
    for event in new:
        journal.append(directory, event)
    for path in sorted(paths, key=lambda path: path == CHECKPOINT):
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (arriving / path).replace(directory / path)
    shutil.rmtree(arriving, ignore_errors=True)
    if result is not None:
        journal.append(directory, result)
    if end is not None and end.is_result:
        (directory / PREVIOUS).unlink(missing_ok=True)
    return end


def _settled(exchange: Exchange, place: str, arriving: Path) -> tuple[bytes, list[str]]:
    """Copy the files to `arriving`; returns the journal, unchanged meanwhile, and their paths."""
    before = None
    for _ in range(MOST_LOOKS):
        paths = patiently(partial(exchange.files, place))
        told = patiently(partial(exchange.get_bytes, f"{place}/{journal.NAME}")) if journal.NAME in paths else b""
        others = [path for path in paths if path not in (journal.NAME, BEGUN)]
        if told == before:
            return told, others
        patiently(partial(exchange.get, place, arriving, others))
        before = told
    message = f"{place} is still written to, though its trial was called home"
    raise ExchangeError(Problem(message, source=exchange.uri, allowed="the same command again, in a minute"))


def _content(directory: Path) -> bytes:
    path = directory / journal.NAME
    return path.read_bytes() if path.exists() else b""
