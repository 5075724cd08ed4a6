"""A patch made by git, file by file, and which parts of it may enter a record."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ablations.workspace.masking import masked
from ablations.workspace.secret_files import server_folders_of, why_secret

NAME = "uncommitted.patch"
HEADER = "# Changes of tracked files, and files named by --with; of other files, names alone. Secrets are masked."
CODE = (
    *(".py", ".pyi", ".js", ".jsx", ".ts", ".tsx", ".go", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp", ".cu"),
    *(".java", ".kt", ".scala", ".cs", ".swift", ".rb", ".php", ".lua", ".r", ".jl"),
)
_BEGINS = re.compile(r"diff --(?:git|cc|combined) ")
_NAMED = re.compile(r"(?:--- (?:a/|\"a/)?|\+\+\+ (?:b/|\"b/)?|(?:rename|copy) (?:from|to) )(.*)")
_HUNK = re.compile(r"(@@+) .*? \1")


@dataclass(frozen=True)
class FilePatch:
    """The part of a patch about one file: its paths (two, where it was moved), and the lines."""

    paths: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path of the file after the change."""
        return self.paths[-1]

    @property
    def is_new(self) -> bool:
        """Whether the commit has no such file."""
        return any(line.startswith("new file mode") for line in self.lines[:4])


@dataclass(frozen=True)
class CleanPatch:
    """A patch that may be kept.

    `left_out`: files whose changes were removed; `masked`: the number of masked secrets.
    """

    text: str
    left_out: tuple[str, ...] = ()
    masked: int = 0


def split_patch(text: str) -> tuple[list[str], list[FilePatch]]:
    """The lines before the first file, and the files."""
    before: list[str] = []
    files: list[list[str]] = []
    for line in text.split("\n") if text else ():
        if _BEGINS.match(line):
            files.append([])
        (files[-1] if files else before).append(line)
    return before, [FilePatch(_paths(lines), tuple(lines)) for lines in files]


def safe_parts(files: Iterable[FilePatch], server_folders: Collection[str] = ()) -> tuple[list[str], CleanPatch]:
    """Lines that say what is left out or masked, and the patch without it."""
    notes, parts, left_out, count = [], [], [], 0
    for one in files:
        reasons = [why for path in one.paths if (why := why_secret(path, server_folders))]
        if reasons:
            notes.append(f"# left out: changes of {shown(one.name)} ({reasons[0]})")
            left_out.append(one.name)
            continue
        text, secrets = _masked(one)
        if secrets:
            notes.append(f"# masked: {secrets} in {shown(one.name)}; what is masked is not applied as it was")
        parts.append(text)
        count += secrets
    return notes, CleanPatch("\n".join(parts), tuple(left_out), count)


def cleaned(text: str) -> CleanPatch:
    """A recorded patch, whatever version wrote it, as it may be kept. What is clean already stays as it is.

    Earlier versions wrote untracked files behind the changes of tracked ones, both in git's words: new files at the
    end may be of either kind, and are left out.
    """
    if not text.strip():
        return CleanPatch(text)
    body = text.rstrip("\n")
    before, files = split_patch(body)
    notes = [line for line in before if line.startswith("#")]
    lost: list[FilePatch] = []
    if HEADER in notes[:1]:
        new_notes: list[str] = []
    else:
        tracked = max((number for number, one in enumerate(files, 1) if not one.is_new), default=0)
        files, lost = files[:tracked], files[tracked:]
        new_notes = [HEADER, *(f"# left out: {shown(one.name)}, a new file that may be untracked" for one in lost)]
        if len(notes) < len([line for line in before if line.strip()]):
            new_notes.append("# left out: lines that are no patch of git's")
    folders = server_folders_of(path for one in (*files, *lost) for path in one.paths)
    found, safe = safe_parts(files, folders)
    head = [*new_notes[:1], *notes, *new_notes[1:], *found]
    whole = "\n".join([*head, *([safe.text] if safe.text else [])]) + text[len(body) :]
    return CleanPatch(whole, (*(one.name for one in lost), *safe.left_out), safe.masked)


def shown(name: str) -> str:
    """A path as one line of a comment, whatever characters it has."""
    return name if name.isprintable() else repr(name)


def _masked(one: FilePatch) -> tuple[str, int]:
    """The lines with secrets masked. What git writes behind a hunk's numbers, a line of the file, goes."""
    first = next((at for at, line in enumerate(one.lines) if line.startswith("@@")), len(one.lines))
    hunks = [found[0] if (found := _HUNK.match(line)) else line for line in one.lines[first:]]
    text, secrets = masked("\n".join(hunks), code=PurePosixPath(one.name).suffix.lower() in CODE)
    return "\n".join([*one.lines[:first], *([text] if hunks else [])]), secrets


def _paths(lines: Sequence[str]) -> tuple[str, ...]:
    found = []
    for line in lines[1:]:
        if line.startswith("@@"):
            break
        if named := _NAMED.match(line):
            found.append(named[1].rstrip('\t"'))
    paths = tuple(dict.fromkeys(path for path in found if path != "/dev/null"))
    return paths or (_path_in_first_line(lines[0]),)


def _path_in_first_line(line: str) -> str:
    """Of `diff --git a/PATH b/PATH`, which is all that there is of an empty file; of others the last word."""
    words = line.partition(" ")[2].partition(" ")[2]
    half = words[: len(words) // 2]
    if words == f"{half} b/{half[2:]}":
        return half[2:]
    return words.rpartition(" b/")[2].rpartition('"b/')[2].rstrip('"')
