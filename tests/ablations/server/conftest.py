"""The server as docker-compose.yml starts it, without Docker."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ablations.server.check import trouble_with
from tests.ablations.ports import free_port
from tests.ablations.server.postgres import Postgres

ACCOUNT = {
    "MLFLOW_AUTH_ADMIN_PASSWORD": "a password for tests",
    "MLFLOW_FLASK_SERVER_SECRET_KEY": "a secret key for tests",
}
CLIENT = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": ACCOUNT["MLFLOW_AUTH_ADMIN_PASSWORD"]}


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        server = Postgres(Path(folder) / "cluster", free_port())
        server.make()
        server.start()
        yield server
        server.stop()


@pytest.fixture
def mlflow_server(postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    """Its address; `mlflow`'s Host header is allowed as in a compose network."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "ablations", "server", "--folder", str(tmp_path / "server")),
        "--port",
        str(port),
    ]
    variables = {**ACCOUNT, "ABLATIONS_POSTGRES": postgres.address, "ABLATIONS_ALLOWED_HOSTS": "mlflow"}
    address = f"http://127.0.0.1:{port}"
    with (tmp_path / "server.log").open("w") as log:
        child = subprocess.Popen(
            command, env={**os.environ, **variables}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            deadline = time.monotonic() + 120
            while trouble := trouble_with(address, {**ACCOUNT}):
                assert child.poll() is None, (tmp_path / "server.log").read_text()
                assert time.monotonic() < deadline, trouble
                time.sleep(0.5)
            yield address
        finally:
            os.killpg(child.pid, signal.SIGKILL)  # its workers too: their clean end waits for connections kept open
            child.wait()
