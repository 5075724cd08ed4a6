"""The fork server: a process that has the trainer imported, from which a trial starts in a moment."""

import multiprocessing
import os
import signal
import tempfile
from multiprocessing import forkserver, resource_tracker, util
from multiprocessing.context import ForkServerContext

LONGEST = 70  # bytes of a folder for sockets, whose whole address has 104 to 108 at most
SHORT = "/tmp"
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
    _choose_short_folder()
    former = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_PARENT)  # inherited; ours only wait
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    return context


def _choose_short_folder() -> None:
    """Have multiprocessing's sockets in a folder whose name is short enough, whatever TMPDIR is."""
    if len(os.fsencode(tempfile.gettempdir())) <= LONGEST:
        return
    former, tempfile.tempdir = tempfile.tempdir, SHORT
    try:
        util.get_temp_dir()  # made now, and kept for this process
    finally:
        tempfile.tempdir = former
