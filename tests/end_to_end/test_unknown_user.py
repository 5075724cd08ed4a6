"""A study of a user whom the machine does not know, as in a container: no $HOME, no entry in passwd."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ablations.tiny import write_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

UNKNOWN = """
import pwd
def unknown(key):
    raise KeyError(key)
pwd.getpwuid = pwd.getpwnam = unknown
"""  # Python imports it at each start


def test_run(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(UNKNOWN)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{os.getcwd()}", "OMP_NUM_THREADS": "1"}
    here = ("--threads", "1", "--device", "cpu", "--no-floors", "--no-report", "--runs", str(tmp_path / "runs"))

    def run(**more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ablations", "run", str(write_study(tmp_path)), *here]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | more, capture_output=True, text=True, check=False
        )

    refused = run()
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert "GAN_ABLATIONS_HOME" in refused.stderr
    assert not (tmp_path / "runs").exists()
    done = run(GAN_ABLATIONS_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    assert "2 logged in MLflow" in done.stdout
