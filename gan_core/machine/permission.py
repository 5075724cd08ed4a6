"""What the operating system does not permit, as a message that says which file, whose it is, and who asked for it.

No name permits more than its file system: one that is too long, or links that lead in a circle, are refused likewise.
"""

import errno
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path

from gan_core.problems import Problem, UserError, shown

NAMES = {
    errno.ENAMETOOLONG: "a name that is too long for a file",
    errno.ELOOP: "symbolic links that lead in a circle",
}
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, *NAMES)


def is_refused(error: OSError) -> bool:
    """Whether this user may not do it: no permission, a read-only file system, or a name that none can have."""
    return error.errno in REFUSED and error.filename is not None


def refusal(error: OSError) -> UserError:
    """The error as one message for the user: the file, its owner and mode, and the user who tried."""
    path = Path(os.fsdecode(error.filename))
    if error.errno == errno.EROFS:
        return UserError(Problem("its file system is read-only", source=str(path)))
    if error.errno in NAMES:
        return UserError(Problem(f"{NAMES[error.errno]}: {shown(str(path))}"))
    return UserError(Problem(f"permission denied{_whose(path)}", source=str(path)))


def check_readable(path: Path) -> None:
    """Raise the PermissionError that reading the file would meet; libraries report it as a missing file."""
    os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))


def _whose(path: Path) -> str:
    """' (FOLDER belongs to alice, drwx------; this process runs as bob)': of the nearest thing that can be seen."""
    for place in (path, *path.absolute().parents):
        with suppress(OSError):
            there = place.stat()
            what = "it" if place == path else str(place)
            mode = stat.filemode(there.st_mode)
            return f" ({what} belongs to {_name(there.st_uid)}, {mode}; this process runs as {_name(os.geteuid())})"
    return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # users of containers may have none
        return f"user {uid}"
