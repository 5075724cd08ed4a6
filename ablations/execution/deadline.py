"""The time by which an execution ends: a number of hours from now, or a time of the clock."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gan_core.problems import Problem, UserError

HOURS, ANSWER_BY = "--hours", "--answer-by"
MOST_HOURS = 8760.0  # a year
HOURS_ALLOWED = "more than 0 and at most 8760, such as 2 or 0.5"
TIME_ALLOWED = "a time of the clock, which is its next occurrence, such as 07:00, or a date and time, 2030-12-31T07:00"
DAY_S = 24 * 3600
SOON_S = 600  # within which seconds are shown


@dataclass(frozen=True)
class Deadline:
    """`at`: Unix time, s. `option`: the one that it comes from. `clock` has the time now."""

    at: float
    option: str
    clock: Callable[[], float] = time.time

    @property
    def seconds_left(self) -> float:
        """Until then; below 0 afterwards."""
        return self.at - self.clock()

    @property
    def is_over(self) -> bool:
        """Whether it has come."""
        return self.seconds_left <= 0

    @property
    def words(self) -> str:
        """Local time: '07:00', '07:00:30' where it is soon, '2030-12-31 07:00' where it is far."""
        when, left = datetime.fromtimestamp(self.at), abs(self.seconds_left)
        return f"{when:%H:%M:%S}" if left < SOON_S else f"{when:%H:%M}" if left < DAY_S else f"{when:%Y-%m-%d %H:%M}"


def deadline_of(hours: float | None, answer_by: str | None, clock: Callable[[], float] = time.time) -> Deadline | None:
    """The deadline that the user names; None where none is. Raises UserError for what is no time to come."""
    if hours is not None and answer_by is not None:
        raise UserError(Problem("both name the time to end at", (f"{HOURS}, {ANSWER_BY}",), "one of them"))
    if hours is not None:
        if not 0 < hours <= MOST_HOURS:  # NaN too
            raise UserError(Problem(f"{hours:g} is out of range", (HOURS,), HOURS_ALLOWED))
        return Deadline(clock() + hours * 3600, HOURS, clock)
    return None if answer_by is None else Deadline(_time_of(answer_by.strip(), clock()), ANSWER_BY, clock)


def _time_of(words: str, now: float) -> float:
    """The Unix time that these words mean, in local time unless they name a zone."""
    at = _next(words, now) if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", words) else _dated(words)
    if math.isnan(at):
        raise UserError(Problem(f"{words!r} is no time", (ANSWER_BY,), TIME_ALLOWED))
    if at <= now:
        raise UserError(Problem(f"{words} is over", (ANSWER_BY,), TIME_ALLOWED))
    return at


def _next(words: str, now: float) -> float:
    """The next occurrence of a time of the clock; NaN for one that no clock shows."""
    hour, minute, second = (*map(int, words.split(":")), 0)[:3]
    today = datetime.fromtimestamp(now)
    try:
        then = today.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return math.nan
    return next(at for days in (0, 1, 2) if (at := (then + timedelta(days)).timestamp()) > now)


def _dated(words: str) -> float:
    """A date with a time; NaN for anything else."""
    if not re.match(r"\d{4}-\d\d-\d\d[T ]", words):
        return math.nan
    try:
        return datetime.fromisoformat(words).timestamp()
    except (ValueError, OverflowError, OSError):
        return math.nan
