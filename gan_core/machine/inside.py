"""A file that a record names, as long as it lies where the record says that all of its files lie."""

import stat
from pathlib import Path


def file_inside(directory: Path, name: str | Path) -> Path | None:
    """The plain file of this name in the directory or below it; None where there is none.

    Neither the name nor a symbolic link on the way leads out of the directory: what a record from elsewhere names may
    be sent on, to a tracking server or into a page. No pipe and no device is opened.
    """
    try:
        path = (directory / name).resolve(strict=True)
        is_plain = stat.S_ISREG(path.stat().st_mode)
    except (OSError, RuntimeError, ValueError):  # nothing there, links in a circle, a NUL in the name
        return None
    return path if is_plain and path.is_relative_to(directory.resolve()) else None
