"""The fork server starts wherever temporary files lie."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
from gan_core.workers.fork_server import fork_server

def child(pipe):
    pipe.send("here")

if __name__ == "__main__":
    context = fork_server("gan_core.records")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(theirs,))
    process.start()
    print(ours.recv())
    process.join()
"""


def test_a_folder_whose_name_is_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    program = tmp_path / "program.py"
    program.write_text(CODE)
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.returncode) == ("here\n", 0), done.stderr
