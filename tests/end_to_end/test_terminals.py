"""A study runs to its end wherever its words go, and everything of it is kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ablations.tiny import write_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HERE = ("--executor", "inline", "--threads", "1", "--device", "cpu", "--no-floors", "--no-report")
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PLACES: dict[str, tuple[str, dict[str, str], int]] = {  # a redirection, the environment, the exit code
    "ASCII": (">out", {"PYTHONIOENCODING": "ascii"}, 0),
    "the C locale": (">out", C_LOCALE, 0),
    "closed": ("<&- >&- 2>&-", {}, 0),
    "full": (">/dev/full 2>/dev/full", {}, 1),
    "a reader that leaves": ("2>&1 | head -n 1; exit 0", {}, 0),
}


@pytest.mark.parametrize("place", PLACES)
def test_run(tmp_path: Path, place: str) -> None:
    redirection, environment, code = PLACES[place]
    if "/dev/full" in redirection and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    command = [sys.executable, "-m", "ablations", "run", str(write_study(tmp_path)), *HERE]
    ran = subprocess.run(
        ["sh", "-c", f'"$@" --runs "{tmp_path}/runs" {redirection}', "sh", *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.getcwd(), **environment},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    root = tmp_path / "runs" / "tiny"
    assert (root / "leaderboard.csv").exists()
    ends = [json.loads(path.read_text().splitlines()[-1]) for path in root.glob("trials/*/*.jsonl")]
    assert [end["status"] for end in ends] == ["finished", "finished"]
    assert len(list(root.glob("**/MLmodel"))) == 2  # what is logged last
