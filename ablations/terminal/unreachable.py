"""The question that is asked where a study's tracking server does not answer."""

import os
import sys
import time

from rich.prompt import Prompt

from ablations.execution.session import Session
from ablations.terminal.console import err, say
from ablations.tracking.state import server_trouble
from gan_core.problems import UserError

AGAIN_S = 5.0


def settle_store(session: Session) -> None:
    """Ask, on a terminal, what to do while the server does not answer: wait, train offline, or stop.

    Where nobody can be asked, nothing happens: opening the store will say the same as an error. Raises UserError for
    'stop'.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    while trouble := _trouble(session):
        err.print(f"MLflow: {trouble}", markup=False)
        question = "wait for it, train offline and send everything later (`sync`), or stop?"
        answer = Prompt.ask(question, console=err, choices=["wait", "offline", "stop"], default="wait")
        if answer == "offline":
            session.offline = True
            return
        if answer == "stop":
            raise UserError(f"MLflow: {trouble}")
        say("waiting; Ctrl-C stops")
        while _trouble(session):
            time.sleep(AGAIN_S)


def _trouble(session: Session) -> str:
    return server_trouble(session.tracking_uri, os.environ) if session.needs_store() else ""
