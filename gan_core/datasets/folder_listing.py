"""What lies in a folder of images: the files in order, their labels, whether they are grey, a digest of all of it.

Every file counts, whatever its name ends with, but for hidden ones (a dot in front). The label is the subfolder just
below the folder; files in the folder itself are a class of their own. Links are followed. What would keep its reader
waiting or never ends (a pipe, a device, a socket), or is larger than any picture, is refused before anything is read.

The digest is over every file's path below the folder and its bytes, so that a folder that was moved or copied is the
same. Reading all that takes time, so it is kept together with a digest of names, sizes and times of change, and is
taken again when these have changed: a file that was replaced by another one of the same size and time is not noticed.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gan_core.datasets.decode import BrokenImageError
from gan_core.datasets.decode_files import in_order
from gan_core.datasets.image_facts import ImageFacts, facts_of
from gan_core.datasets.record import OnProgress
from gan_core.machine.files import write_text
from gan_core.problems import Problem, UserError

WHERE = ("data_dir",)
MAX_FILE = 2**29  # bytes; PIL refuses pictures of more than 179 million pixels, which fit as PNG in about as much
SHOWN = 5  # files that a message names
LOOSE = "."  # the class of files that lie in no subfolder


@dataclass(frozen=True)
class Listing:
    """The files by name. `names`: paths below the folder, sorted; `labels`: for each the index in `classes`."""

    names: tuple[str, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]
    digest: str  # of names, sizes and times of change


@dataclass(frozen=True)
class Content:
    """What only reading all files can tell. `channels`: 1 where every image is grey, else 3.

    `transparent`, `deep`, `lossy_files`: how many files have transparent pixels, 16 bits a pixel, or were saved with
    loss; `brightest`: the largest value in the deep ones; `lossy`: the formats of the lossy ones.
    """

    digest: str
    channels: int
    transparent: int
    deep: int
    brightest: int
    lossy_files: int
    lossy: tuple[str, ...]


def listing_of(folder: Path) -> Listing:
    """The files in the folder, unread.

    Raises UserError where there is no folder, nothing in it, or something that must not be read.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise UserError(Problem(f"{folder} {what}", WHERE, allowed="a folder of images"))
    refused: list[str] = []
    try:
        found = sorted(_files_in(folder, "", frozenset(), refused))
    except OSError as error:  # a folder below it that this user may not enter, or that has just gone
        message = f"{error.filename or folder} can't be listed: {error.strerror}"
        raise UserError(Problem(message, WHERE, allowed="a folder of images")) from None
    if refused:
        more = f", and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        message = f"{folder} holds what is no picture: {', '.join(sorted(refused)[:SHOWN])}{more}"
        raise UserError(Problem(message, WHERE, allowed=f"plain files of at most {MAX_FILE // 2**20} MiB"))
    if not found:
        raise UserError(Problem(f"{folder} holds no files", WHERE, allowed="a folder of images, subfolders or none"))
    names = tuple(name for name, _, _ in found)
    tops = [name.split("/")[0] if "/" in name else LOOSE for name in names]
    classes = tuple(sorted(set(tops)))
    index = {name: i for i, name in enumerate(classes)}
    digest = hashlib.sha256(repr(found).encode(errors="surrogateescape")).hexdigest()[:16]
    return Listing(names, tuple(index[top] for top in tops), classes, digest)


def content_of(folder: Path, listing: Listing, home: Path, tell: OnProgress) -> Content:
    """The digest and the channels of the files, from a note under `home` or, the first time, read."""
    if (kept := kept_content(folder, listing, home)) is not None:
        return kept
    content = _read_all(folder, listing, tell)
    note = _note_of(folder, home)
    with suppress(OSError):  # somebody else's, or full: the files are read again the next time
        note.parent.mkdir(parents=True, exist_ok=True)
        write_text(note, json.dumps({"listing": listing.digest, "content": asdict(content)}), shared=True)
    return content


def kept_content(folder: Path, listing: Listing, home: Path) -> Content | None:
    """What a note under `home` says of these files; None where there is none, or it is damaged or out of date."""
    try:
        kept = json.loads(_note_of(folder, home).read_text())
        if kept["listing"] == listing.digest:
            return Content(**{**kept["content"], "lossy": tuple(kept["content"]["lossy"])})
    except (OSError, ValueError, KeyError, TypeError):
        pass  # the files are read again
    return None


def _note_of(folder: Path, home: Path) -> Path:
    key = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return home / "prepared" / ".folders" / f"{key}.json"


def _files_in(
    folder: Path, below: str, above: frozenset[tuple[int, int]], refused: list[str]
) -> Iterator[tuple[str, int, int]]:
    """(path below the folder, size, time of change) of each file. A link to a folder above itself is not entered.

    What must not be read is added to `refused`, with the reason.
    """
    status = folder.stat()
    here = above | {(status.st_dev, status.st_ino)}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                inner = entry.stat()
                if (inner.st_dev, inner.st_ino) not in here:
                    yield from _files_in(folder / entry.name, f"{below}{entry.name}/", here, refused)
            else:
                file = entry.stat(follow_symlinks=os.path.exists(entry.path))  # a dangling link is a broken file
                why = _why_unreadable(file)
                if why:
                    refused.append(f"{below}{entry.name} ({why})")
                yield f"{below}{entry.name}", file.st_size, file.st_mtime_ns


def _why_unreadable(status: os.stat_result) -> str:
    """Why the file must not be read; '' where it may be, or is a dangling link."""
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
        return kinds.get(stat.S_IFMT(status.st_mode), "a device")
    return f"{status.st_size / 2**20:.0f} MiB" if status.st_size > MAX_FILE else ""


def _read_all(folder: Path, listing: Listing, tell: OnProgress) -> Content:
    def looked_at(name: str) -> tuple[str, ImageFacts | None]:
        content = read_file(folder, name)
        try:
            facts = facts_of(content)
        except BrokenImageError:
            facts = None  # reported when it is decoded
        return hashlib.sha256(content).hexdigest(), facts

    digest, known = hashlib.sha256(), list[ImageFacts]()
    for name, (of_bytes, facts) in zip(listing.names, in_order(looked_at, listing.names, "reading", tell), strict=True):
        digest.update(f"{name}\n{of_bytes}\n".encode(errors="surrogateescape"))
        if facts is not None:
            known.append(facts)
    deep = [facts.brightest for facts in known if facts.brightest is not None]
    lossy = [facts.lossy for facts in known if facts.lossy]
    return Content(
        digest=digest.hexdigest()[:16],
        channels=1 if all(facts.grey for facts in known) else 3,
        transparent=sum(facts.transparent for facts in known),
        deep=len(deep),
        brightest=max(deep, default=0),
        lossy_files=len(lossy),
        lossy=tuple(sorted(set(lossy))),
    )


def read_file(folder: Path, name: str) -> bytes:
    """The bytes of a file; b'' where it can't be read, which is reported as a broken image when it is decoded.

    It is looked at again, for something else may have taken its name since the folder was listed.
    """
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe keeps nobody waiting
        with open(descriptor, "rb") as file:
            return b"" if _why_unreadable(os.fstat(descriptor)) else file.read(MAX_FILE)
    except OSError:
        return b""
