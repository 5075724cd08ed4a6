"""The text of a plug-in, its digest, and the place where a run and a study keep it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from gan_core.machine.files import write_text
from gan_core.problems import Problem, UserError

NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.py"
ENTRY = re.compile(rf"({NAME})@([0-9a-f]{{16}})")
FOLDER = "code"  # in the folder of a run and of a study
MOST_BYTES = 250_000
ALLOWED = "a file NAME.py with plain Python that registers something: docs/plugins.md"

NAMES = "NAME.py with letters a to z, digits, _, . and - in NAME, such as my_trick.py: results and folders carry it"


@dataclass(frozen=True)
class Source:
    """A plug-in's file as it was read. `path`: where the user has it, for messages."""

    name: str
    text: str
    path: str

    @property
    def digest(self) -> str:
        """First 16 hex digits of the text's sha256."""
        return digest_of(self.text)

    @property
    def entry(self) -> str:
        """What a configuration's `use` says of it: 'my_trick.py@0123456789abcdef'."""
        return f"{self.name}@{self.digest}"

    @property
    def lines(self) -> int:
        """The number of its lines."""
        return len(self.text.splitlines())


def digest_of(text: str) -> str:
    """First 16 hex digits of the sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_source(path: Path) -> Source:
    """The file as it is now. Raises UserError for anything but a readable file of Python's name and plain UTF-8."""
    place = str(path)
    if path.is_dir():
        raise UserError(Problem("this is a folder", source=place, allowed=ALLOWED))
    if not path.exists():
        raise UserError(Problem("there is no such file", source=place, allowed=_others(path)))
    if not path.is_file():
        raise UserError(Problem("this is a pipe or a device", source=place, allowed=ALLOWED))
    if not re.fullmatch(NAME, path.name):
        raise UserError(Problem("can't be the name of a plug-in", source=place, allowed=NAMES))
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(Problem(f"can't be read: {error.strerror}", source=place)) from None
    if len(content) > MOST_BYTES:
        raise UserError(Problem(f"more than {MOST_BYTES // 1000} kB", source=place, allowed=ALLOWED))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(Problem("not text in UTF-8", source=f"{place}:{line}", allowed=ALLOWED)) from None
    return Source(path.name, text, place)


def parts_of(entry: str) -> tuple[str, str]:
    """The name and the digest in 'my_trick.py@0123456789abcdef'. Raises ValueError for another text."""
    match = ENTRY.fullmatch(entry)
    if match is None:
        raise ValueError(f"{entry!r} names no plug-in and its digest")
    return match[1], match[2]


def place_of(folder: Path, entry: str) -> Path:
    """Where a folder keeps the text of this entry: code/DIGEST/NAME."""
    name, digest = parts_of(entry)
    return folder / FOLDER / digest / name


def keep(folder: Path, source: Source) -> Path:
    """Keep the text in the folder of a run or a study, unless it is there. Returns its place."""
    path = place_of(folder, source.entry)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, source.text)
    return path


def kept(folder: Path, entry: str) -> Source | None:
    """The text that a folder keeps of this entry; None where it has none. Raises UserError where it is another text."""
    path = place_of(folder, entry)
    if not path.exists():
        return None
    source = read_source(path)
    if source.entry != entry:
        message = f"is not what it was kept as: its digest is {source.digest}"
        raise UserError(Problem(message, source=str(path), allowed="the file as it was; --use FILE names another copy"))
    return source


def _others(path: Path) -> str:
    folder = path.parent
    found = sorted(file.name for file in folder.glob("*.py")) if folder.is_dir() else []
    return f"of {folder}: {', '.join(found[:10])}" if found else ALLOWED
