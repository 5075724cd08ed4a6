"""One process trains in a folder at a time."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_core.workers.training_lock import TakenError, training_lock

HOLD = """
import sys
import time
from pathlib import Path
from gan_core.workers.training_lock import training_lock
with training_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_folder_of_a_run_is_taken_while_another_process_trains_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TakenError, match=str(holder.pid)), training_lock(tmp_path / "run"):
            pytest.fail("the body must not run")
        waits: list[int] = []
        with training_lock(tmp_path / "run", wait_s=0.3, on_wait=lambda: waits.append(1)):  # it is known to be lost
            assert waits
        assert holder.wait(10) == -signal.SIGKILL
        with training_lock(tmp_path / "run"):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it so simply")
def test_a_lost_run_that_is_stopped_is_not_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with training_lock(tmp_path / "run", wait_s=60):
            assert time.monotonic() - began < 20
        assert holder.wait(10) == -signal.SIGKILL
