"""Progress of an execution: live on a terminal, plain lines elsewhere."""

from ablations.render.console import out
from ablations.render.live import LiveDisplay
from ablations.render.plain import PlainDisplay
from ablations.render.problems import show_warnings
from ablations.session import Session


def display(session: Session) -> LiveDisplay | PlainDisplay:
    """The progress display of an execution: live on a terminal, plain lines elsewhere."""
    show_warnings(session.study.warnings)
    return LiveDisplay(session, out) if out.is_terminal else PlainDisplay(session, out)
