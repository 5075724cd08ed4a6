"""What a folder from elsewhere may hold, and that a copy of it holds nothing else."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ablations.workspace import incoming
from ablations.workspace.incoming import check_room, copy_incoming, incoming_files
from gan_core import journal
from gan_core.problems import UserError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder, and beside it a private file."""
    folder = tmp_path / "run"
    (folder / "show").mkdir(parents=True)
    (folder / journal.NAME).write_text("{}\n")
    (folder / "show" / "fresh.png").write_bytes(b"picture")
    (tmp_path / "private").write_text("treasure")
    return folder


def test_plain_files_come_in(run: Path, tmp_path: Path) -> None:
    os.link(tmp_path / "private", run / "second")  # who made it could read the file
    (run / "left.tmp").symlink_to(tmp_path / "private")
    files = incoming_files(run, ["*.tmp"])
    copy_incoming(run, files, tmp_path / "copy")
    names = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert names == {journal.NAME, "show/fresh.png", "second"}
    assert (tmp_path / "copy" / "show" / "fresh.png").read_bytes() == b"picture"
    assert (tmp_path / "copy" / "second").stat().st_nlink == 1


def bind(path: Path) -> None:
    where = os.open(path.parent, os.O_RDONLY)  # a socket's address has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"/proc/self/fd/{where}/{path.name}")
    os.close(where)


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 10**10)


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link out of it": (lambda run: (run / "show/a.png").symlink_to(run.parent / "private"), "symbolic link"),
    "a link within it": (lambda run: (run / "a").symlink_to(journal.NAME), "symbolic link"),
    "a linked folder": (lambda run: (run / "a").symlink_to(run.parent), "symbolic link"),
    "a pipe": (lambda run: os.mkfifo(run / "show/a.png"), "is no file, but a pipe"),
    "a socket": (lambda run: bind(run / "show/a.png"), "is no file, but a pipe, a socket"),
    "capital letters": (lambda run: [(run / name).touch() for name in ("a.png", "A.png")], "but for capital letters"),
    "two forms of one letter": (lambda run: [(run / n).touch() for n in ("\u00e9", "e\u0301")], "one file"),
    "an escape sequence": (lambda run: (run / "a\x1b[2J").touch(), "not every system can keep"),
    "no UTF-8": (lambda run: open(os.fsencode(run) + b"/a\xff", "w").close(), "not every system can keep"),
    "a long name": (lambda run: (run / ("a" * 240)).touch(), "more than 200 bytes"),
    "a journal of 10 GB": (lambda run: sparse(run / journal.NAME), "has 10,000 MB"),
    "deep folders": (lambda run: (run / "/".join("a" * 30)).mkdir(parents=True), "deep"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_come_in(name: str, run: Path) -> None:
    make, message = REFUSED[name]
    make(run)
    with pytest.raises(UserError, match=message) as refused:
        incoming_files(run)
    assert str(refused.value).isprintable()


def test_too_many_files(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MOST_FILES", 1)
    with pytest.raises(UserError, match="more than 1 files"):
        incoming_files(run)


def test_more_than_the_disk_has(run: Path, tmp_path: Path) -> None:
    sparse(run / "checkpoint.pt")
    os.truncate(run / "checkpoint.pt", 10**13)
    with pytest.raises(UserError, match=r"the runs take 10000\.0 GB"):
        check_room(incoming_files(run), tmp_path)


@pytest.mark.parametrize("how", ["a link", "longer", "gone"])
def test_what_changes_between_look_and_copy(how: str, run: Path, tmp_path: Path) -> None:
    files = incoming_files(run)
    there = run / journal.NAME
    if how == "longer":
        there.write_text("{}\n{}\n")
    else:
        there.unlink()
    if how == "a link":
        there.symlink_to(tmp_path / "private")
    with pytest.raises(UserError, match=r"has changed|can't be read"):
        copy_incoming(run, files, tmp_path / "copy")
