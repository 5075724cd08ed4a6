"""Two mounts of one folder by sshfs, which share no locks: what two machines are to each other, for real."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gan_core.machine.files import exclusive
from gan_core.machine.lock_mark import mark_of
from gan_core.problems import UserError

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
IS_HERE = all(map(shutil.which, ("sshfs", "ssh-keygen", "fusermount3"))) and os.path.exists(SSHD)
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not IS_HERE or not os.access("/dev/fuse", os.W_OK), reason="needs sshfs, sshd and /dev/fuse"),
]
SECONDS = 20.0
HOLD = """
import sys
from pathlib import Path
from gan_core.machine.files import exclusive
with exclusive(Path(sys.argv[1]), "study x"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The same folder twice."""
    place = tmp_path_factory.mktemp("ssh")
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / key], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": place / "host",
        "AuthorizedKeysFile": place / "user.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "Subsystem": "sftp internal-sftp",
    }
    (place / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    shared, folders = place / "shared", (place / "one", place / "two")
    for folder in (shared, *folders):
        folder.mkdir()
    with subprocess.Popen([SSHD, "-D", "-f", place / "sshd_config"]) as server:
        try:
            options = f"IdentityFile={place / 'user'},StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null"
            for folder in folders:
                _mount([f"{getpass.getuser()}@127.0.0.1:{shared}", str(folder)], ["-p", str(port), "-o", options])
            yield folders
        finally:
            for folder in folders:
                subprocess.run(["fusermount3", "-u", "-z", folder], check=False, capture_output=True)
            server.terminate()


def _mount(what: list[str], options: list[str]) -> None:
    until = time.monotonic() + SECONDS
    while (done := subprocess.run(["sshfs", *what, *options], check=False, capture_output=True)).returncode:
        assert time.monotonic() < until, done.stderr
        time.sleep(0.2)  # the server has not begun to listen


@pytest.fixture
def held(mounts: tuple[Path, Path]) -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Have another process hold the lock."""
    begun: list[subprocess.Popen[str]] = []

    def hold(lock: Path) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", HOLD, str(lock)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in begun:
        process.kill()
        process.communicate()


def test_one_keeps_the_other_out(mounts: tuple[Path, Path], held: Callable[[Path], "subprocess.Popen[str]"]) -> None:
    one, two = (folder / "kept-out" for folder in mounts)
    holder = held(one)
    with pytest.raises(UserError, match=f"process {holder.pid} on .*remove {mark_of(two)}"), exclusive(two, "study x"):
        pytest.fail("the body must not run")
    holder.communicate("")
    with exclusive(two, "study x"):
        pass


def test_a_killed_process_is_taken_over_where_it_was(
    mounts: tuple[Path, Path], held: Callable[[Path], "subprocess.Popen[str]"]
) -> None:
    one, two = (folder / "killed" for folder in mounts)
    holder = held(one)
    holder.kill()
    holder.wait()
    with pytest.raises(UserError, match="gone for certain"), exclusive(two, "study x"):
        pytest.fail("the body must not run")
    with exclusive(one, "study x"):
        pass
    with exclusive(two, "study x"):
        pass
