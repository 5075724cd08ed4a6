"""From a study to images over HTTP: trained, registered, served."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.show.saved import load_generator
from tests.ablations.command import ablations
from tests.ablations.ports import free_port
from tests.ablations.tiny import write_study
from tests.ablations.tracking.serving import Server


def invoke(port: int, z: list[list[float]]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        data=json.dumps({"inputs": z}).encode(),
        headers={"Content-Type": "application/json"},
    )
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return np.array(json.load(answer)["predictions"])
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.3)


def served(uri: str, model: str, z: torch.Tensor) -> Any:
    """What `mlflow models serve` answers."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where it looks for uvicorn
    with subprocess.Popen(
        [*command, "-p", str(port)],
        env={**os.environ, "MLFLOW_TRACKING_URI": uri, "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            return invoke(port, z.tolist())
        finally:
            os.killpg(child.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["embedded", "server"])
def test_trained_registered_and_served(store: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From `run --register` in processes to images over HTTP, on the embedded store and over a server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(home))
    uri = f"sqlite:///{tmp_path}/runs/tiny/mlflow.db"
    server = Server(tmp_path / "server")
    if store == "server":
        server.start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri := server.address)
    try:
        words = ("run", write_study(tmp_path), "--workers", 1, "--threads", 1, "--no-floors", "--register", "tiny")
        first, again = ablations(*words), ablations(*words)
        assert (first.code, again.code) == (0, 0), first.err + again.err
        assert "models:      2 logged in MLflow, each arm's best generator, models:/tiny@baseline" in first.out
        assert "logg" not in again.out
        (trial,) = (tmp_path / "runs" / "tiny" / "trials").glob("ttur-seed0-*")
        saved = load_generator(trial, "best")
        z = saved.latents("latent.test", 3)
        images = served(uri, "models:/tiny@ttur", z)
        np.testing.assert_allclose(images, saved.G.eval()(z).detach().numpy(), atol=1e-5)
    finally:
        if store == "server":
            server.kill()
