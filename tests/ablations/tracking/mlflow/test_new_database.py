"""A store that is killed while it is made: the next one makes it, and nothing half made has its name."""

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from ablations.addresses import sqlite_address
from ablations.tracking.mlflow.store import open_store
from ablations.workspace.database_file import is_half_made

MAKE = "import sys; from ablations.tracking.mlflow.store import open_store; open_store(sys.argv[1], 'x', None)"
EVERYTHING = "experiments"


def test_what_was_left_by_a_killed_one_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".mlflow.db.new").write_bytes(b"half")
    (tmp_path / ".mlflow.db.new-journal").write_bytes(b"half")
    (tmp_path / "mlflow.db").write_bytes(b"")  # as a connection leaves it that wrote nothing
    uri = sqlite_address(tmp_path / "mlflow.db")
    assert open_store(uri, "x", None).experiment_id == open_store(uri, "x", None).experiment_id
    assert not list(tmp_path.glob(".mlflow.db.new*"))
    assert not is_half_made(tmp_path / "mlflow.db", EVERYTHING)


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Every 50 ms of the making, from the moment at which its file is there."""
    for number in range(16):
        folder = tmp_path / str(number)
        folder.mkdir()
        uri = sqlite_address(folder / "mlflow.db")
        with subprocess.Popen([sys.executable, "-c", MAKE, uri], cwd=Path(__file__).parents[4]) as maker:
            while maker.poll() is None and not list(folder.glob(".mlflow.db.new")):
                time.sleep(0.002)
            time.sleep(0.05 * number)
            maker.kill()
        assert not (folder / "mlflow.db").exists() or not is_half_made(folder / "mlflow.db", EVERYTHING)
        assert open_store(uri, "x", None).experiment_id
        shutil.rmtree(folder)


def test_half_made_ones_are_known(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert not is_half_made(path, "t")
    with closing(sqlite3.connect(path)) as connection:
        assert not is_half_made(path, "t")  # empty: damaged, and told otherwise
        connection.execute("CREATE TABLE other (x)")
        connection.commit()
        assert is_half_made(path, "t")
        connection.execute("CREATE TABLE t (x)")
        connection.commit()
        assert is_half_made(path, "t")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        assert not is_half_made(path, "t")
