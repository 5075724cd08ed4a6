"""What can be said of docker-compose.yml without a Docker engine; `docker-compose` is asked where it is there."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yml"
REQUIRED = ("POSTGRES_PASSWORD", "MLFLOW_ADMIN_PASSWORD", "MLFLOW_SECRET_KEY")


@pytest.fixture(scope="module")
def compose() -> Any:
    return YAML(typ="safe").load(FILE)


def test_there_is_no_default_password() -> None:
    text = FILE.read_text()
    for name in REQUIRED:
        uses = re.findall(r"\$\{" + name + r"([^}]*)\}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses), name
    example = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line)
    assert all(example[name] == "" for name in REQUIRED)


def test_nothing_is_published_beyond_localhost_unless_asked(compose: Any) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(re.match(r"\$\{[A-Z]+_BIND:-127\.0\.0\.1\}:", port) for port in ports)


def test_images_are_pinned(compose: Any) -> None:
    base = re.search(r"^FROM (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert base is not None
    for image in (compose["services"]["postgres"]["image"], base[1]):
        assert re.search(r":\d+\.\d+", image), image


def test_the_server_is_the_command_that_runs_without_docker_too(compose: Any) -> None:
    mlflow = compose["services"]["mlflow"]
    assert mlflow["command"][:2] == ["ablations", "server"]
    host = mlflow["healthcheck"]["test"][-1].removeprefix("http://").split(":")[0]
    assert host in mlflow["environment"]["ABLATIONS_ALLOWED_HOSTS"].split(",")  # else every request gets 403
    assert f"http://{host}:5000" == compose["services"]["worker"]["environment"]["MLFLOW_TRACKING_URI"]


def test_workers_wait_for_a_server_that_lets_them_in(compose: Any) -> None:
    services = compose["services"]
    assert services["worker"]["profiles"] == ["worker"]
    assert services["worker"]["depends_on"] == {"mlflow": {"condition": "service_healthy"}}
    assert services["mlflow"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_what_is_kept_lies_on_volumes(compose: Any) -> None:
    mounted = {v.split(":")[0] for service in compose["services"].values() for v in service.get("volumes", [])}
    assert mounted == set(compose["volumes"])


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_takes_it_with_passwords_only(tmp_path: Path) -> None:
    command = ["docker-compose", "--file", str(FILE), "--env-file", str(tmp_path / "none"), "config", "--quiet"]
    (tmp_path / "none").touch()
    bare = {"PATH": os.environ["PATH"]}
    refused = subprocess.run(command, env=bare, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode != 0
    assert "see .env.example" in refused.stderr
    taken = subprocess.run(command, env={**bare, **dict.fromkeys(REQUIRED, "x" * 12)}, capture_output=True, check=False)
    assert taken.returncode == 0, taken.stderr
