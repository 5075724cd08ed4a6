"""How a process ended without a result, and whether its job is taken up again."""

import signal

from gan_core.workers.job import STOPPED, TAKEN

KILLED_AGAIN = 2  # times that a job is taken up again whose process was killed
HUNG_AGAIN = 1
TAKEN_CODE = 75  # exit code of a child that found another process at work in its folder
UNKNOWN = 255  # what multiprocessing says where the fork server died, which alone knows how its children end
CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS}
HINTS = {signal.SIGKILL: "; out of memory?"}


def was_killed(code: int | None) -> bool:
    """Whether this exit code says that somebody else ended the process; a crash would come again."""
    return code == UNKNOWN or (code is not None and code < 0 and -code not in CRASHES)


def leaving(code: int | None) -> str:
    """How a process without a result ended, in words. A negative exit code is the signal that killed it."""
    if code in (0, TAKEN_CODE):
        return STOPPED if code == 0 else TAKEN
    if code == UNKNOWN:
        return "its process is gone, and so is the fork server that it came from"
    if code is None or code > 0:
        return f"its process ended with exit code {code}"
    return f"its process ended with exit code {code} ({_name(-code)})"


def _name(number: int) -> str:
    try:
        killer = signal.Signals(number)
    except ValueError:  # a real-time signal
        return f"signal {number}"
    return f"{killer.name}{HINTS.get(killer, '')}"
