"""Bad addresses are told quickly, before anything trains; the environment is left as it was."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from ablations.addresses import without_password
from ablations.tracking.mlflow.store import CONNECT, connect, limits, open_store
from gan_core.problems import UserError
from tests.ablations.ports import free_port
from tests.ablations.tracking.conftest import Place


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refusal(uri: str) -> tuple[str, float]:
    """What the user is told, and after how many seconds."""
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        open_store(uri, "x", None)
    return str(caught.value), time.monotonic() - start


@pytest.mark.parametrize("uri", ["file:///tmp/mlruns", "./mlruns", "mlruns"])
def test_files_are_refused_at_once(uri: str) -> None:
    message, seconds = refusal(uri)
    assert "sqlite:////" in message
    assert seconds < 1


def test_no_server_listening() -> None:
    message, seconds = refusal(f"http://127.0.0.1:{free_port()}")
    assert "does not answer" in message
    assert seconds < 10


def test_a_server_that_never_answers(silent_port: int) -> None:
    message, seconds = refusal(f"http://127.0.0.1:{silent_port}")
    assert "does not answer" in message
    assert seconds < 15


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_no_database_listening_and_no_password_shown(scheme: str) -> None:
    message, seconds = refusal(f"{scheme}://me:secret@127.0.0.1:{free_port()}/runs")
    assert "does not answer" in message
    assert "secret" not in message
    assert seconds < 10


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _, seconds = refusal(f"sqlite:///{tmp_path}/file/below/mlflow.db")
    assert seconds < 2


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("certainly not SQLite" * 100)
    _, seconds = refusal(f"sqlite:///{tmp_path}/mlflow.db")
    assert seconds < 2


def test_optunas_database_is_not_mlflows(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/optuna.db"
    optuna.create_study(storage=uri)
    before = (tmp_path / "optuna.db").read_bytes()
    with pytest.raises(UserError, match="another program's database; allowed: a database of MLflow's own"):
        open_store(uri, "tiny", None)
    with pytest.raises(UserError, match="another program's database"):
        connect(uri)
    assert (tmp_path / "optuna.db").read_bytes() == before


def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    before = dict(os.environ)
    with limits(CONNECT):
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"
    assert dict(os.environ) == before


def test_a_deleted_experiment_is_told(place: Place) -> None:
    experiment = open_store(place.uri, place.experiment, place.artifacts).experiment_id
    place.client.delete_experiment(experiment)
    with pytest.raises(UserError, match="has been deleted"):
        open_store(place.uri, place.experiment, place.artifacts)


def test_passwords_are_not_shown() -> None:
    assert without_password("postgresql://me:secret@host:1/x") == "postgresql://me:***@host:1/x"
    assert without_password("sqlite:////a/b.db") == "sqlite:////a/b.db"


def test_files_of_an_sqlite_store_lie_beside_it(place: Place, tmp_path: Path) -> None:
    """`place` sees to it that no `mlruns` appears in the folder that this is called from."""
    store = open_store(place.uri, place.experiment, None)
    run = store.client.create_run(store.experiment_id)
    store.client.log_text(run.info.run_id, "text", "note.txt")
    folder = Path(place.uri.removeprefix("sqlite:///")).parent
    assert [path.name for path in (folder / "mlartifacts").rglob("note.txt")] == ["note.txt"]


@pytest.mark.slow
def test_two_processes_may_begin_with_one_new_file(tmp_path: Path) -> None:
    """MLflow's own making of tables breaks: `duplicate column name`, `table already exists`."""
    code = (
        "import sys\nfrom ablations.tracking.mlflow.store import open_store\n"
        "print('ready', flush=True)\nsys.stdin.readline()\nopen_store(sys.argv[1], sys.argv[2], None)\n"
    )
    uri, names = f"sqlite:///{tmp_path}/mlflow.db", ("one", "two", "three")
    words = [sys.executable, "-c", code, uri]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    begun = [subprocess.Popen([*words, name], **pipes) for name in names]  # type: ignore[call-overload]
    for one in begun:
        one.stdout.readline()
    for one in begun:
        one.stdin.write("\n")
        one.stdin.flush()
    for one in begun:
        _, err = one.communicate(timeout=120)
        assert one.returncode == 0, err
    assert {one.name for one in connect(uri).search_experiments()} >= set(names)


def test_a_database_with_the_tables_of_another_program_is_told(tmp_path: Path) -> None:
    """Such as Optuna's, which calls its tables' version by the same name."""
    uri = f"sqlite:///{tmp_path}/optuna.db"
    with sqlite3.connect(tmp_path / "optuna.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES ('v3.2.0.a')")
    database.close()
    with pytest.raises(UserError, match="another program's database"):
        open_store(uri, "tiny", None)
