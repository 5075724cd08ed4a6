"""Files that appear whole or not at all, and locks."""

import errno
import fcntl
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gan_core.machine.files import LockedError, exclusive, locked, replacing, write_text
from gan_core.machine.lock_mark import kernel
from gan_core.problems import UserError

HOLD = """
import sys
from pathlib import Path
from gan_core.machine.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

NAME = """
import os
import sys
from pathlib import Path
from gan_core.machine.files import replacing
os.getpid = lambda: 1
with replacing(Path(sys.argv[1]), shared=True) as temporary:
    temporary.touch()
    print(temporary.name)
"""


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_text(tmp_path / "taken", "words")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("shared", [False, True])
def test_the_old_content_stays_where_writing_fails(shared: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(path, shared=shared) as temporary:  # noqa: PT012
        temporary.write_text("half of the n")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
@pytest.mark.parametrize("shared", [False, True])
def test_permissions_are_what_the_umask_allows(umask: int, shared: bool, tmp_path: Path) -> None:
    former = os.umask(umask)
    try:
        write_text(tmp_path / "file", "words", shared=shared)
        with locked(tmp_path / "lock"):
            pass
    finally:
        os.umask(former)
    for name in ("file", "lock"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_permissions_do_not_depend_on_the_library_that_writes(umask: int, tmp_path: Path) -> None:
    """safetensors makes files that are their owner's alone, under a name of its own."""
    former = os.umask(umask)
    try:
        with replacing(tmp_path / "weights") as temporary:
            save_file({"w": np.zeros(2, dtype=np.float32)}, temporary)
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / "weights").stat().st_mode) == 0o666 & ~umask
    assert load_file(tmp_path / "weights")["w"].tolist() == [0, 0]


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as found:
        write_text(tmp_path / "none" / "file", "words")
    assert found.value.filename == str(tmp_path / "none" / "file")


def test_two_that_write_a_shared_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path, shared=True) as first, replacing(path, shared=True) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"  # the outer one ended last
    assert list(tmp_path.iterdir()) == [path]


def test_equal_process_ids_do_not_give_equal_temporary_names(tmp_path: Path) -> None:
    """As in two containers that share a volume: each is process 1 in its own, with no write behind it."""
    names = {subprocess.check_output([sys.executable, "-c", NAME, str(tmp_path / "file")]) for _ in range(2)}
    assert len(names) == 2


def test_a_held_lock_is_refused_or_waited_for(tmp_path: Path) -> None:
    path, waited = tmp_path / "lock", []
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as caught, locked(path):
            pytest.fail("the body must not run")
        assert caught.value.holder == str(holder.pid)

        def let_go() -> None:
            waited.append(True)
            assert holder.stdin is not None
            holder.stdin.close()

        with locked(path, on_wait=let_go):
            assert waited == [True]
    with locked(path):
        assert path.read_text().split() == [str(os.getpid()), socket.gethostname(), kernel()]


def test_a_lock_that_can_only_be_read_is_held_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a colleague's folder; root may write everywhere, so the system's refusal is played."""
    path = tmp_path / "lock"
    path.write_text("4711\n")
    real = os.open

    def refuse_writing(name: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied", str(name))
        return real(name, flags, mode)

    monkeypatch.setattr(os, "open", refuse_writing)
    with locked(path), pytest.raises(LockedError), locked(path):
        pytest.fail("the body must not run")
    assert path.read_text() == "4711\n"


def test_a_place_that_can_hold_no_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="study x can't be locked"), exclusive(tmp_path / "no" / "lock", "study x"):
        pytest.fail("the body must not run")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
@pytest.mark.parametrize("on_wait", [None, lambda: None])
def test_a_file_system_without_locks_is_refused_with_the_reason(
    number: int, on_wait: Callable[[], None] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    said = pytest.raises(UserError, match=r"its file system has no locks .*; allowed: a folder on a local disk")
    with said, locked(tmp_path / "lock", on_wait):
        pytest.fail("the body must not run")
