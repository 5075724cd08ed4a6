"""A damaged SQLite file is known as such, and nothing else is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ablations.workspace.database_file import damage_of_database, set_database_aside
from tests.damage.ways import WAYS


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a % folder?" / "a.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (number INTEGER, words TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, "word " * 20) for n in range(500)])
        connection.commit()
    return path


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("absent", "junk appended")])
def test_damage_is_seen(database: Path, way: str) -> None:
    WAYS[way](database)
    content = database.read_bytes()
    assert damage_of_database(database).startswith("can't be read: ")
    assert "\n" not in damage_of_database(database)
    assert database.read_bytes() == content


def test_an_end_within_a_page_that_sqlite_would_fill_with_zeros(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM t WHERE number > 250")  # its last pages are free now
        connection.commit()
    content = database.read_bytes()
    database.write_bytes(content[:-100])
    assert damage_of_database(database) == "can't be read: its last page is cut"
    database.write_bytes(content)
    assert damage_of_database(database) == ""


@pytest.mark.parametrize("way", ["absent", "junk appended"])
def test_no_damage(database: Path, way: str) -> None:
    assert damage_of_database(database) == ""
    WAYS[way](database)
    assert damage_of_database(database) == ""
    assert database.exists() is (way != "absent")  # looking makes none


def test_one_that_somebody_writes_to_is_whole(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.workspace.database_file.WAIT_S", 0.1)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert damage_of_database(database) == ""


def test_its_journals_go_with_it(database: Path) -> None:
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).write_text(ending)
    assert set_database_aside(database).name == "a.db.damaged-1"
    names = {path.name for path in database.parent.iterdir()}
    assert names == {"a.db.damaged-1", "a.db.damaged-1-wal", "a.db.damaged-1-shm"}
