"""The files of a run that comes from elsewhere: looked at before any of them is read, then copied as plain files.

Whoever made the folder is a stranger. What is in it may be a link to a file of ours, a device, a pipe that never ends,
or larger than the disk; none of it comes in. A file with a second name (a hard link) is a file like any other: only
who may read it can make one, and its content is copied.
"""

import os
import shutil
import stat
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ablations.workspace.trial_record import RECORD
from gan_core import journal
from gan_core.problems import Problem, UserError

MOST_FILES = 20_000  # of a run: each score on the way draws a grid
DEEPEST = 8  # folders within folders
LONGEST_NAME = 200  # bytes; file systems end at 255, and a draft's name is longer than its file's
LARGEST = {RECORD: 1 << 22, journal.NAME: 1 << 28}  # bytes of files that are read whole; journals take some 10 MB
KEPT_FREE = 1 << 28  # bytes of disk that are left for everything else
MOST_SAID = 5  # problems of one folder
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
ALLOWED = "plain files and folders alone, such as `python -m gan_core run --out` writes"


@dataclass(frozen=True)
class IncomingFile:
    """A plain file: its path within the run's folder, and its length in bytes."""

    path: Path
    size: int


def incoming_files(folder: Path, left_out: Collection[str] = ()) -> tuple[IncomingFile, ...]:
    """The plain files of a run's folder, none of them opened; `left_out`: patterns of names that are passed over.

    Raises UserError for links, devices and pipes, names that not every system can keep, and for too many files or too
    large ones.
    """
    found: list[IncomingFile] = []
    problems: list[Problem] = []
    for one in _looked_at(folder, Path(), left_out):
        if isinstance(one, Problem):
            problems.append(one)
        else:
            found.append(one)
        if len(found) > MOST_FILES:
            problems.append(Problem(f"holds more than {MOST_FILES:,} files", source=str(folder), allowed=ALLOWED))
        if len(problems) == MOST_SAID or len(found) > MOST_FILES:
            break
    if problems:
        raise UserError(*problems)
    return tuple(found)


def check_room(files: Collection[IncomingFile], target: Path) -> None:
    """Raise UserError where the disk of this folder has no room for copies of these files."""
    needed, free = sum(file.size for file in files), shutil.disk_usage(target).free
    if needed + KEPT_FREE > free:
        message = f"the runs take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB of the disk are free"
        raise UserError(Problem(message, source=str(target), allowed="fewer runs, or more room"))


def copy_incoming(folder: Path, files: Collection[IncomingFile], target: Path) -> None:
    """Copy these files into the folder `target`. Raises UserError for one that has become another meanwhile."""
    for file in files:
        (target / file.path).parent.mkdir(parents=True, exist_ok=True)
        with open(target / file.path, "xb") as out:
            _copy(folder / file.path, file.size, out.fileno())


def _copy(source: Path, size: int, out: int) -> None:
    try:
        descriptor = os.open(source, READ)
    except OSError as error:
        raise UserError(Problem(f"can't be read: {error.strerror}", source=str(source))) from None
    try:
        there = os.fstat(descriptor)
        if not stat.S_ISREG(there.st_mode) or there.st_size != size:
            raise UserError(
                Problem("has changed while it was read", source=str(source), allowed="a run that has ended")
            )
        left = size
        while left and (part := os.read(descriptor, min(left, 1 << 20))):
            left -= os.write(out, part)
    finally:
        os.close(descriptor)
    if left:
        raise UserError(Problem("has changed while it was read", source=str(source), allowed="a run that has ended"))


def _looked_at(folder: Path, inside: Path, left_out: Collection[str]) -> Iterator[IncomingFile | Problem]:
    """Every file below `folder / inside`, or what is wrong with it."""
    names: dict[str, str] = {}
    if len(inside.parts) > DEEPEST:
        yield Problem(f"folders within folders, more than {DEEPEST} deep", source=str(folder / inside), allowed=ALLOWED)
        return
    with os.scandir(folder / inside) as entries:
        for entry in entries:  # not sorted: there may be millions
            if any(fnmatchcase(entry.name, pattern) for pattern in left_out):
                continue
            twin = names.setdefault(unicodedata.normalize("NFC", entry.name).casefold(), entry.name)
            if why := _wrong_name(entry.name, twin) or _wrong_kind(entry):
                yield Problem(why, source=shown_path(folder / inside / entry.name), allowed=ALLOWED)
            elif entry.is_dir(follow_symlinks=False):
                yield from _looked_at(folder, inside / entry.name, left_out)
            else:
                yield _file(folder, inside / entry.name, entry.stat(follow_symlinks=False).st_size)


def _file(folder: Path, path: Path, size: int) -> IncomingFile | Problem:
    if size > (most := LARGEST.get(str(path), size)):
        message = f"has {size / 1e6:,.0f} MB, more than the {most / 1e6:,.0f} MB of the longest run's"
        return Problem(message, source=str(folder / path))
    return IncomingFile(path, size)


def _wrong_name(name: str, twin: str) -> str:
    if not name.isprintable() or "\\" in name:  # a byte that is no UTF-8 is not printable either
        return "has characters in its name that not every system can keep"
    if len(name.encode()) > LONGEST_NAME:
        return f"has a name of more than {LONGEST_NAME} bytes"
    return "" if twin == name else f"has the name of {twin!r}, but for capital letters: on some disks they are one file"


def _wrong_kind(entry: "os.DirEntry[str]") -> str:
    if entry.is_symlink():
        return "is a symbolic link, which may lead out of the folder"
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return ""
    return "is no file, but a pipe, a socket or a device"


def shown_path(path: Path) -> str:
    """A path on one line, whatever characters it has."""
    text = str(path)
    return text if text.isprintable() else ascii(text)
