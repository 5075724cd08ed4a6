"""Messages about what the operating system does not permit."""

import errno
import getpass
import os
from pathlib import Path

import pytest

from gan_core.machine.permission import check_readable, is_refused, refusal


def test_it_says_whose_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    path.chmod(0o640)
    (problem,) = refusal(PermissionError(errno.EACCES, "Permission denied", str(path))).problems
    assert problem.source == str(path)
    user = getpass.getuser()
    assert problem.message == f"permission denied (it belongs to {user}, -rw-r-----; this process runs as {user})"


def test_of_a_file_that_is_not_there_it_names_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    (problem,) = refusal(PermissionError(errno.EACCES, "Permission denied", tmp_path / "none" / "file")).problems
    assert f"({tmp_path} belongs to {getpass.getuser()}, drwxr-x---; " in problem.message


def test_a_read_only_file_system() -> None:
    (problem,) = refusal(OSError(errno.EROFS, os.strerror(errno.EROFS), "/a/b")).problems
    assert str(problem) == "/a/b: its file system is read-only"


def test_what_is_no_refusal() -> None:
    """A full disk; a signal to a process of somebody else's, which is about no file."""
    assert not is_refused(OSError(errno.ENOSPC, "No space left on device", "/a"))
    assert not is_refused(PermissionError(errno.EPERM, "Operation not permitted"))
    assert is_refused(PermissionError(errno.EACCES, "Permission denied", "/a"))


def test_readable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check_readable(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        check_readable(tmp_path / "none")
