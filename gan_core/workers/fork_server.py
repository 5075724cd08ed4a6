"""The fork server: a process that has the trainer imported, from which a trial starts in a moment."""

import multiprocessing
import signal
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext

FOR_THE_PARENT = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def fork_server(trainer: str) -> ForkServerContext:
    """Start the fork server unless it runs, and return the context whose processes come from it.

    It imports the module `trainer` in the background (seconds). Ctrl-C, a shut-down and a closed terminal reach the
    whole process group; the server and its children block these signals from their first moment, and do what the parent
    says instead, so that a trial is never torn from its checkpoint.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([trainer])
    resource_tracker.ensure_running()  # it would unblock the signals if the server had to start it
    former = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_PARENT)  # inherited; ours only wait
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    return context
