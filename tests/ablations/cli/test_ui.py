"""`ui`: what it refuses, what it prints, and that MLflow's UI is there as long as it runs."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from ablations.tracking.mlflow import refresh as mlflow_shown
from ablations.tracking.mlflow import ui as mlflow_ui
from ablations.tracking.mlflow.ui import HOST, allowed_hosts, ui_command
from ablations.tracking.views.links import Links
from ablations.tracking.views.tracked import Tracked
from tests.ablations.command import ablations
from tests.ablations.journals import make_arm, write_study_json, write_trial
from tests.ablations.ports import free_port
from tests.ablations.tracking.serving import Server


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A finished study of two arms that nobody has sent anywhere."""
    root = tmp_path / "runs" / "tiny"
    for arm, fid in (("baseline", 20.0), ("dropout", 10.0)):
        write_trial(root, make_arm(arm, ("dropout",) * (arm == "dropout")), 0, fid)
    write_study_json(root)
    return root


def test_the_store_is_served_to_this_machine_only(tmp_path: Path) -> None:
    command = ui_command("sqlite:////a/mlflow.db", tmp_path, 5001)
    assert command[1:6] == ["-m", "mlflow", "server", "--backend-store-uri", "sqlite:////a/mlflow.db"]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5001"


def test_a_server_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that waits for an open request."""
    monkeypatch.setattr(mlflow_ui, "END_S", 0.1)
    monkeypatch.setattr(mlflow_ui, "_wait_until_up", lambda process, port: process.stdout.readline())
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    piped = partial(subprocess.Popen, stdout=subprocess.PIPE)
    monkeypatch.setattr(subprocess, "Popen", piped)
    with mlflow_ui.running_ui([sys.executable, "-c", code], free_port()) as process:
        assert process.poll() is None
    assert process.wait(5) == -signal.SIGKILL


def test_a_port_that_is_taken(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        outcome = ablations("ui", study, "--port", port)
    assert outcome.code == 2
    assert f"port {port} of {HOST} can't be used: Address already in use" in outcome.err
    assert "--port" in outcome.err
    assert not (study / "mlflow.db").exists()


def test_a_server_that_is_not_there(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://{HOST}:{free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    outcome = ablations("ui", study)
    assert outcome.code == 2
    assert f"the MLflow store {address} does not answer" in outcome.err


def test_a_servers_first_link_is_opened_and_no_password_shown(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    monkeypatch.setattr(
        mlflow_shown, "refresh", lambda workspace, uri: mlflow_shown.RefreshedStore(Tracked("7", "", ()))
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@host:5000/")
    outcome = ablations("ui", study, "--open")
    assert (outcome.code, outcome.err) == (0, "")
    assert opened == [Links("https://host:5000", "7").view("study")]
    assert opened[0] in outcome.out
    assert "secret" not in outcome.out
    opened.clear()
    ablations("ui", study)
    assert opened == []


@pytest.mark.server
def test_the_links_of_a_server(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(tmp_path / "server")
    server.start()
    try:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
        before = ablations("ui", study)
        assert (before.code, before.out.splitlines()[0].split()[0]) == (0, server.address)
        assert f"python -m ablations sync {study}" in before.out
        assert ablations("sync", study).code == 0
        after = ablations("ui", study)
    finally:
        server.kill()
    assert after.code == 0
    links = dict(line.split(": ", 1) for line in after.out.splitlines())
    assert next(iter(links)) == "curves and samples"
    assert all(address.strip().startswith(f"{server.address}/#/") for address in links.values())
    assert {"runs grouped by arm", "every run", "large samples", "the best run of each arm"} <= set(links)


def test_which_hosts_are_answered() -> None:
    own = {"localhost", "127.0.0.1", "[::1]"}
    assert set(allowed_hosts(5000)) == own | {f"{name}:5000" for name in own}
    assert {"10.0.0.7", "10.0.0.7:5000"} < set(allowed_hosts(5000, "10.0.0.7"))
    command = ui_command("sqlite:////a/mlflow.db", Path("/a"), 5000)
    assert command[command.index("--allowed-hosts") + 1] == ",".join(allowed_hosts(5000))


def answer(port: int, host: str) -> int:
    """The status of a request to the API under this name."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", "/api/2.0/mlflow/experiments/search?max_results=1", headers={"Host": host})
    return connection.getresponse().status


@pytest.mark.server
def test_a_strangers_name_for_this_machine_is_not_answered(tmp_path: Path) -> None:
    """A page of a stranger's whose name leads here can't read the study, whatever its name begins with."""
    port = free_port()
    with mlflow_ui.running_ui(ui_command(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "files", port), port):
        assert {answer(port, name) for name in allowed_hosts(port)} == {200}
        strangers = ("192.168.1.1.evil", "10.evil", "172.16.evil", "localhost.evil", "evil", "127.0.0.1.evil", "1:80")
        assert {answer(port, f"{name}{end}") for name in strangers for end in ("", f":{port}")} == {403}


@pytest.mark.server
def test_the_ui_is_there_until_it_is_stopped(study: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    port = free_port()
    command = [sys.executable, "-m", "ablations", "ui", str(study), "--port", str(port)]
    assert ablations("sync", study).code == 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert any(f"http://{HOST}:{port}/#/experiments/1/runs" in line for line in lines)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HOST, port), timeout=5)
