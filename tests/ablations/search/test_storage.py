"""Optuna's storage where two studies begin at once: the tables that the other one makes are no reason to give up."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from ablations.search import storage
from gan_core.problems import UserError


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("CREATE TABLE", {}, Exception('duplicate key value violates "pg_type_typname_nsp_index"')),
        OperationalError("CREATE TABLE", {}, Exception("table studies already exists")),
    ],
)
def test_the_later_of_two_finds_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    real, left = optuna.create_study, [error, error]

    def create_study(**options: Any) -> optuna.Study:
        if left:
            raise left.pop()
        return real(**options)

    monkeypatch.setattr(optuna, "create_study", create_study)
    monkeypatch.setattr(storage, "PAUSE_S", 0.0)
    assert storage.opened(f"sqlite:///{tmp_path}/optuna.db", "one").study_name == "one"
    assert left == []


def test_any_other_trouble_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def create_study(**options: Any) -> optuna.Study:
        asked.append(options)
        raise OperationalError("SELECT", {}, Exception("password authentication failed"))

    monkeypatch.setattr(optuna, "create_study", create_study)
    with pytest.raises(UserError, match="password authentication failed"):
        storage.opened(f"sqlite:///{tmp_path}/nowhere.db", "one")
    assert len(asked) == 1


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, sqlite3.Connection]]:
    """The address of a storage that another program has locked, and its connection; patience is short."""
    monkeypatch.setattr(storage, "PATIENCE_S", 0.1)
    address = f"sqlite:///{tmp_path}/optuna.db"
    storage.opened(address, "one")
    with closing(sqlite3.connect(tmp_path / "optuna.db")) as other:
        yield address, other


def test_a_lock_that_lasts_is_told(locked: tuple[str, sqlite3.Connection]) -> None:
    """While trials train: the reason is the database's own, not Optuna's guess at it."""
    address, other = locked
    study = storage.made(address, "one")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="database is locked"), storage.in_words(address):
        study.set_user_attr("a", 1)
    with pytest.raises(UserError, match="database is locked"):
        storage.opened(address, "one")


def test_a_lock_that_ends_is_waited_for(
    locked: tuple[str, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost."""
    address, other = locked
    monkeypatch.setattr(storage, "PATIENCE_S", 20.0)
    study = storage.made(address, "one")
    other.execute("BEGIN EXCLUSIVE")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(study.set_user_attr, "a", 1)
        time.sleep(0.1)
        assert not asked.done()
        other.rollback()
        asked.result()
    assert study.user_attrs == {"a": 1}


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """An address with odd braces too, which Optuna would fill in."""
    address = f"sqlite:///{tmp_path}/optuna.db"
    study = storage.opened(address, "one")
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    with pytest.raises(UserError, match="disk is full"), storage.in_words(address):
        raise full
    assert study.study_name == "one"
    with pytest.raises(UserError, match="can't be used"):
        storage.opened(f"sqlite:///{tmp_path}/{{e}}.db", "one")
