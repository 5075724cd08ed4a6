"""Output that can't be written ends no work."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_core.machine.output import LastingOutput, is_missed, lasting_output

CODE = """
import sys
from gan_core.machine.output import is_missed, lasting_output
with lasting_output() as output:
    for number in range(20000):
        print("a line \u00d7", number)
    output.flush()
    open(sys.argv[1], "w").write(f"worked on, missed {is_missed(output.lost)}")
"""


def run(tmp_path: Path, words: str, **environment: str) -> str:
    """A program that prints much with its output put there by a shell; what it wrote down at its end."""
    program, done = tmp_path / "program.py", tmp_path / "done"
    program.write_text(CODE)
    root = str(Path(__file__).parents[3])
    ended = subprocess.run(
        ["sh", "-c", f"{sys.executable} {program} {done} {words}"],
        env={**os.environ, "PYTHONPATH": root, **environment},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    return done.read_text()


@pytest.mark.parametrize(
    ("words", "missed"),
    [("> /dev/full", True), (">&-", False), ("| head -1 > /dev/null", False), ("> /dev/null", False)],
    ids=["full", "closed", "reader gone", "all is well"],
)
def test_work_goes_on(words: str, missed: bool, tmp_path: Path) -> None:
    assert run(tmp_path, words) == f"worked on, missed {missed}"


def test_letters_that_it_lacks_are_escapes(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    run(tmp_path, f"> {out}", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert out.read_text("ascii").splitlines()[0] == "a line \\xd7 0"


def test_a_terminal_that_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    gone = LastingOutput(Gone())
    assert gone.write("x") == 1
    gone.flush()
    assert gone.lost is not None
    assert not is_missed(gone.lost)
    before = sys.stdout
    with lasting_output():
        print("here")
    assert sys.stdout is before
    assert capsys.readouterr().out == "here\n"
