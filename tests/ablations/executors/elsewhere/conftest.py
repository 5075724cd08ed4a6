"""Where nodes have their folders, and an S3 server of moto's, for tests that are marked `server`."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import util
from pathlib import Path

import pytest

from tests.ablations.ports import free_port

STARTED_S = 30.0


@pytest.fixture(autouse=True)
def _folders_of_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What trials that are torn leave on their nodes goes with the test."""
    util.get_temp_dir()  # of this process, for longer than one test
    (tmp_path / "nodes").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nodes"))


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. `moto_server` is looked for in $PATH: pip install 'moto[server]', where it is in nobody's way."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("there is no moto_server in $PATH")
    port = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log").open("w")
    server = subprocess.Popen([program, "-p", str(port)], stdout=log, stderr=log)
    try:
        until = time.monotonic() + STARTED_S
        while not _answers(port):
            assert server.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < until, "moto_server does not answer"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
        log.close()


@pytest.fixture
def s3_environment(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables by which clients find the server; they are set."""
    variables = {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "of-a-test",
        "AWS_SECRET_ACCESS_KEY": "of-a-test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    return variables


@pytest.fixture
def bucket(s3_environment: dict[str, str]) -> str:
    """The URI of a bucket that exists."""
    from s3fs import S3FileSystem

    S3FileSystem(skip_instance_cache=True).makedirs("a-bucket", exist_ok=True)
    return "s3://a-bucket"


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
