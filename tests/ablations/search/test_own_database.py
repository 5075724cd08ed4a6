"""One database for Optuna and MLflow is refused before anything trains."""

from pathlib import Path

import pytest

from tests.ablations.command import ablations
from tests.ablations.tiny import write_study


def test_one_database_for_both_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However its address is written."""
    one, other = f"sqlite:///{tmp_path}/all.db", f"sqlite+pysqlite:///{tmp_path}/x/../all.db"
    words = ("run", write_study(tmp_path), "--runs", tmp_path / "runs", "--storage", one)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", other)
    refused = ablations(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "a database for each of them" in refused.err
    assert not (tmp_path / "all.db").exists()
