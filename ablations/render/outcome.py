"""The end of an execution."""

from ablations.render.console import say
from ablations.render.leaderboard import show_leaderboard
from ablations.render.problems import show_warnings
from ablations.session import Session


def show_outcome(session: Session, stopped: bool) -> None:
    """The end of an execution: the leaderboard, where everything is, what is left."""
    show_leaderboard(session.leaderboard())
    say(f"leaderboard: {session.workspace.leaderboard_csv}")
    if session.options.tracking_uri is None:
        say(f"MLflow:      python -m ablations ui {session.workspace.root}")
    left = len(session.progress.trials) - len(session.progress.done)
    if session.complaint:
        show_warnings([session.complaint])
    if left:
        say(
            f"{'stopped' if stopped else 'not done'}: {left} of {len(session.progress.trials)} trials are left; "
            "the same command goes on"
        )
