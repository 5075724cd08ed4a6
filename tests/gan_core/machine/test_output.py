"""What becomes of text that a stream can't take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from gan_core.machine.output import steady_output
with steady_output():
    print("0.1 ± 0.2 … ↑ é \\udcff")
    with open(sys.argv[1], "w") as file:
        print("to the screen", flush=True)
        print("to the other screen", file=sys.stderr)
        file.write("done")
"""


def code_of(tmp_path: Path, redirection: str, **environment: str) -> tuple[int, bytes, bytes]:
    """The exit code of CODE in a shell with this redirection; what it printed. Its work is done."""
    command = [sys.executable, "-c", CODE, str(tmp_path / "work")]
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    ran = subprocess.run(shell, env=os.environ | environment, capture_output=True, check=False)
    assert (tmp_path / "work").read_text() == "done"
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("ascii", b"0.1 +- 0.2 ~ ^ \\xe9 \\udcff"),
        ("latin-1", b"0.1 \xb1 0.2 ~ ^ \xe9 \\udcff"),
        ("utf-8", "0.1 ± 0.2 … ↑ é \\udcff".encode()),
    ],
)
def test_what_an_encoding_lacks_is_spelled_out(tmp_path: Path, encoding: str, line: bytes) -> None:
    code, out, err = code_of(tmp_path, "", PYTHONIOENCODING=encoding)
    assert (code, out.splitlines()[0], err) == (0, line, b"to the other screen\n")


def test_closed_streams_do_not_end_in_a_file(tmp_path: Path) -> None:
    assert code_of(tmp_path, "<&- >&- 2>&-") == (0, b"", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_told_at_the_end(tmp_path: Path) -> None:
    code, _, err = code_of(tmp_path, ">/dev/full")
    assert code == 1
    assert err.endswith(
        b"error: not all that was to be printed was: No space left on device; the work itself is done\n"
    )
    assert code_of(tmp_path, "2>/dev/full")[0] == 0


def test_a_reader_that_has_gone_is_nobody_to_tell(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", CODE, str(tmp_path / "work")]
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"to the other screen\n")
    assert (tmp_path / "work").read_text() == "done"


def test_a_terminal_that_has_been_closed(tmp_path: Path) -> None:
    master, terminal = os.openpty()
    os.close(master)
    command = [sys.executable, "-c", CODE, str(tmp_path / "work")]
    ran = subprocess.run(command, stdout=terminal, stderr=terminal, check=False)
    os.close(terminal)
    assert ran.returncode == 0
    assert (tmp_path / "work").read_text() == "done"
