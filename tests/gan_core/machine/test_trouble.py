"""A full disk or a locked database is one message, however deep it lies; a bug is none."""

import errno
import sqlite3

import pytest

from gan_core.machine.trouble import WAY_ON, trouble_of


def raised(inner: Exception) -> BaseException:
    """An error that other libraries have wrapped twice, while they were handling it."""
    try:
        try:
            try:
                raise inner
            except Exception as error:
                raise RuntimeError("a library's own") from error
        except RuntimeError:
            raise ValueError("while that was handled")  # noqa: B904
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/runs/x"), "/runs/x: no space is left"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the quota is used up"),
        (OSError(errno.EMFILE, "Too many open files", "/a"), "/a: too many files are open"),
        (sqlite3.OperationalError("database or disk is full"), "a database of SQLite: database or disk is full"),
        (sqlite3.OperationalError("database is locked"), "a database of SQLite: database is locked"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "a database of SQLite: attempt to write"),
    ],
)
def test_trouble(error: Exception, message: str) -> None:
    found = trouble_of(raised(error))
    assert found is not None
    assert str(found).startswith(message)
    assert str(found).endswith(WAY_ON)


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), OSError(errno.ENOENT, "x"), sqlite3.OperationalError("no such table")]
)
def test_a_bug_is_none(error: Exception) -> None:
    assert trouble_of(raised(error)) is None
