"""A note of how verified files looked to the file system, so that they are not hashed again at every start.

The 2.4 GB of 200,000 colour images at 64x64 take seconds to hash, and every trial of a study opens them. Size, inode
and both times of a file tell whether it was written to since: a program can set back the modification time, but not the
change time. A note is only taken of files that have been left alone for a while, since a write within one tick of the
file system's clock would leave the times as they are.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gan_core.machine.files import write_text

NOTE = "verified.json"
SETTLED_S = 2.0  # longer than a tick of any common file system
Look = dict[str, list[int]]  # file -> size, inode, modification time and change time in ns


def look_of(folder: Path, names: Sequence[str]) -> Look:
    """Size, inode and times of these files now. Raises OSError where one is missing."""
    stats = {name: (folder / name).stat() for name in names}
    return {name: [s.st_size, s.st_ino, s.st_mtime_ns, s.st_ctime_ns] for name, s in stats.items()}


def is_verified(folder: Path, digest: str, transform: str, look: Look) -> bool:
    """Whether files with these sizes and times had this digest under this transform."""
    try:
        note = json.loads((folder / NOTE).read_text())
    except (OSError, ValueError, RecursionError):
        return False
    return bool(note == _note(digest, transform, look))


def remember(folder: Path, digest: str, transform: str, look: Look) -> None:
    """Take a note, if the files have settled. `look` is from before they were read.

    Where nothing can be written, as in a folder that belongs to somebody else, they are hashed again the next time.
    """
    if time.time() - max(changed for *_, changed in look.values()) / 1e9 < SETTLED_S:
        return
    with suppress(OSError):
        write_text(folder / NOTE, json.dumps(_note(digest, transform, look)), shared=True, durable=False)


def _note(digest: str, transform: str, look: Look) -> dict[str, object]:
    return {"digest": digest, "transform": transform, "files": look}
