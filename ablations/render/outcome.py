"""The end of an execution."""

from ablations.render.console import say
from ablations.render.leaderboard import show_leaderboard
from ablations.render.problems import show_warnings
from ablations.reuse import told
from ablations.session import Session
from ablations.tracking.advice import sync_command


def show_outcome(session: Session, stopped: bool) -> None:
    """The leaderboard, where everything is, what failed, what is left."""
    progress = session.progress
    show_leaderboard(session.leaderboard())
    say(f"leaderboard: {session.workspace.leaderboard_csv}")
    if session.offline:
        say(f"MLflow:      {session.complaint or sync_command(session.workspace.root)}")
    elif session.options.tracking_uri is None:
        say(f"MLflow:      python -m ablations ui {session.workspace.root}")
    if session.complaint and not session.offline:
        show_warnings([session.complaint])
    if session.floors.complaint:
        show_warnings([session.floors.complaint])
    if session.reused:
        say(f"{told(session.reused, len(progress.trials))}; --retrain trains them again")
    for name, reason in progress.failed.items():
        say(f"failed: {name}: {reason}")
    if not progress.is_done:
        left = len(progress.trials) - len(progress.done)
        how = "stopped" if stopped else "not done"
        say(f"{how}: {left} of {len(progress.trials)} trials are left; the same command goes on")
