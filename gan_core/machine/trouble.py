"""What goes wrong with a machine and not with the program, a full disk or a locked database, in one message."""

import errno
import sqlite3

from gan_core.problems import Problem, UserError

FULL = {errno.ENOSPC: "no space is left", errno.EDQUOT: "the quota is used up", errno.EFBIG: "the file is too large"}
BROKEN = {errno.EIO: "the disk does not read or write", errno.ESTALE: "the network file system has lost it"}
BROKEN |= {errno.EMFILE: "too many files are open", errno.ENFILE: "too many files are open on this machine"}
DATABASE = ("disk is full", "disk I/O error", "database is locked", "readonly database", "unable to open database file")
WAY_ON = "what was computed is kept; once there is a remedy, the same command goes on"


def trouble_of(error: BaseException) -> UserError | None:
    """The message where a full disk or the like is behind this error; None where it is another one, such as a bug."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, OSError) and (what := {**FULL, **BROKEN}.get(current.errno or 0)):
            return UserError(Problem(what, source=str(current.filename or ""), allowed=WAY_ON))
        if isinstance(current, sqlite3.Error) and any(words in str(current) for words in DATABASE):
            return UserError(Problem(f"a database of SQLite: {current}", allowed=WAY_ON))
        current = current.__cause__ or current.__context__
    return None
