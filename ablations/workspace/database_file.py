"""An SQLite file of the study's own: whether it is whole, and how it is set aside together with its journals."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ablations.workspace.record_file import set_aside

JOURNALS = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a database
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
WAIT_S = 5.0  # for somebody who writes


def damage_of_database(path: Path) -> str:
    """Why this is no whole SQLite file; '' where it is one, where there is none, and where that can't be seen now."""
    try:
        if path.stat().st_size == 0:
            return "can't be read: the file is empty"
        with closing(sqlite3.connect(path, timeout=WAIT_S)) as connection:
            found = _asked(connection, "quick_check(1)")
            if found == "ok" and _is_cut(connection, path):
                found = "its last page is cut"
    except sqlite3.DatabaseError as error:  # a lock, a disk or a permission says nothing about the file
        return f"can't be read: {error}" if error.sqlite_errorcode & 0xFF in DAMAGE else ""
    except OSError:
        return ""
    return "" if found == "ok" else f"can't be read: {' '.join(found.split())}"


def is_half_made(path: Path, table: str) -> bool:
    """Whether it has tables, and in the one that is filled last nothing: whoever made them was killed."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return bool(names) and (
                table not in names or connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None
            )
    except (sqlite3.DatabaseError, OSError):  # there is none, or another one is at work in it
        return False


def _is_cut(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file ends within a page, whose rest SQLite would take for zeros."""
    connection.execute("BEGIN")
    pages, size = (int(_asked(connection, words)) for words in ("page_count", "page_size"))
    in_file = _asked(connection, "journal_mode") != "wal"  # otherwise the last pages may be in another file
    return in_file and path.stat().st_size < pages * size


def _asked(connection: sqlite3.Connection, pragma: str) -> str:
    (answer,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return str(answer)


def set_database_aside(path: Path) -> Path:
    """Give it and its journals other names, which fit each other; returns where the database is now."""
    place = set_aside(path)
    for ending in JOURNALS:
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(place.with_name(place.name + ending))
    return place
