"""What is said of an execution's deadline: how far it will probably come, and how far it came."""

from ablations.execution.deadline import HOURS
from ablations.execution.session import Session
from ablations.execution.time_budget import LookCost
from ablations.terminal.console import duration, say
from gan_core.problems import Problem, UserError


def show_time(session: Session) -> None:
    """Print how far the execution will probably come. Raises UserError where not even the first look fits."""
    deadline, refused = session.time.deadline, session.time.refused
    if deadline is None:
        return
    if refused is not None and not session.trials:
        message = f"{_in_words(refused)} does not fit before {deadline.words}, so nothing would be trained"
        raise UserError(Problem(message, (deadline.option,), "more time, or none of --hours and --answer-by"))
    if refused is None:
        say(_outlook(session, deadline.words))


def _outlook(session: Session, words: str) -> str:
    if not session.time.goes_by_looks:
        return f"training ends at {words}, complete or not; what is left goes on with the same command"
    if (last := session.time.until()) is not None:
        looks = len(session.study.looks.counts)
        return f"until {words} probably look {last.number} of {looks}, {last.seeds} seeds"
    return f"until {words} probably no further look, but the one that was begun comes nearer"


def show_time_end(session: Session) -> None:
    """Print why no more was trained, where that is for lack of time."""
    deadline, refused = session.time.deadline, session.time.refused
    if deadline is None:
        return
    if refused is not None:
        without = f"the same command without {deadline.option} goes on"
        say(f"{_in_words(refused)} does not fit before {deadline.words}; {without}")
    elif session.time.has_stopped(session.progress):
        way = "the same command goes on with them"
        more = "" if deadline.option == HOURS else f", also without {deadline.option}"
        say(f"{deadline.words} has come ({deadline.option}): running trials were saved, and {way}{more}")


def _in_words(look: LookCost) -> str:
    runs = f"{look.runs} run{'' if look.runs == 1 else 's'}"
    return f"look {look.number} ({look.seeds} seeds, {runs}, about {duration(look.seconds)})"
