"""Where it does not run it says so in one sentence."""

import subprocess
import sys

import pytest

from gan_core.systems import SENTENCE


@pytest.mark.parametrize("module", ["gan_core", "ablations", "ablations.__main__"])
def test_on_windows_one_sentence_says_what_to_do(module: str) -> None:
    code = f"import sys; sys.platform = 'win32'; import {module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == f"{SENTENCE}\n"
