"""Optuna's storage where two studies begin at once: the tables that the other one makes are no reason to give up."""

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


def test_any_other_trouble_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def create_study(**options: Any) -> optuna.Study:
        asked.append(options)
        raise OperationalError("SELECT", {}, Exception("password authentication failed"))

    monkeypatch.setattr(optuna, "create_study", create_study)
    with pytest.raises(UserError, match="password authentication failed"):
        storage.opened("sqlite:///nowhere.db", "one")
    assert len(asked) == 1
