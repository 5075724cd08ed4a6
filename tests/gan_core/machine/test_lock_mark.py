"""A mark keeps other machines out where the system's locks don't; this machine's own is taken over."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gan_core.machine import files
from gan_core.machine.files import LockedError, exclusive, locked
from gan_core.machine.lock_mark import MarkedError, Place, mark_of, marked, place_of
from gan_core.machine.lock_reach import Reach, Who
from gan_core.problems import UserError
from gan_core.workers.training_lock import TakenError, training_lock

HERE = Place("node1", "kernel-1", 50)
THERE = Place("node2", "kernel-2", 50)


@pytest.fixture
def reaching(monkeypatch: pytest.MonkeyPatch) -> Callable[[Who], None]:
    """Have every file system's locks reach so far."""
    return lambda who: monkeypatch.setattr(files, "lock_reach", lambda descriptor, path: Reach(who, "nfs4 with nolock"))


def left_by(lock: Path, place: Place) -> Path:
    """The mark of a process of this place that was killed, with the files as they were."""
    with marked(lock, place):
        content = mark_of(lock).read_bytes()
    mark_of(lock).write_bytes(content)
    return mark_of(lock)


def test_another_machine_is_refused_while_it_is_held(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with marked(lock, HERE):
        with pytest.raises(MarkedError) as caught, marked(lock, THERE):
            pytest.fail("the body must not run")
        assert caught.value.holder == (type(caught.value.holder))(str(os.getpid()), "node1", mark_of(lock))
    assert not mark_of(lock).exists()
    with marked(lock, THERE):
        pass


def test_what_a_killed_process_left_is_taken_over_here_and_nowhere_else(tmp_path: Path) -> None:
    mark = left_by(tmp_path / "lock", HERE)
    with pytest.raises(MarkedError), marked(tmp_path / "lock", THERE):
        pytest.fail("the body must not run")
    with marked(tmp_path / "lock", HERE):
        assert mark.exists()
    assert not mark.exists()


@pytest.mark.parametrize(
    "other",
    [
        replace(HERE, kernel="kernel-2"),  # a container on another machine that is called the same
        replace(HERE, device=51),  # the same folder, mounted once more: it shares no locks
    ],
)
def test_the_name_of_a_host_is_not_enough(other: Place, tmp_path: Path) -> None:
    left_by(tmp_path / "lock", other)
    with pytest.raises(MarkedError), marked(tmp_path / "lock", HERE):
        pytest.fail("the body must not run")


def test_a_mark_that_a_crash_left_empty_is_somebodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.machine.lock_mark.UNREADABLE_S", 0)
    mark_of(tmp_path / "lock").touch()
    with pytest.raises(MarkedError, match="held by process unknown on unknown"), marked(tmp_path / "lock", HERE):
        pytest.fail("the body must not run")


def test_the_mark_of_whoever_came_after_a_removal_stays(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with marked(lock, HERE):
        mark_of(lock).unlink()  # somebody took this machine for dead
        left_by(lock, THERE)
    assert "node2" in mark_of(lock).read_text()


def test_locks_that_reach_everybody_have_no_mark(reaching: Callable[[Who], None], tmp_path: Path) -> None:
    reaching("everyone")
    with locked(tmp_path / "lock"):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("who", ["machine", "unknown"])
def test_others_have_one_as_long_as_they_are_held(who: Who, reaching: Callable[[Who], None], tmp_path: Path) -> None:
    reaching(who)
    with locked(tmp_path / "lock"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "lock.held"]
        with pytest.raises(LockedError) as caught, locked(tmp_path / "lock"):
            pytest.fail("the body must not run")
        assert caught.value.is_here
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_the_refusal_says_whose_it_is_and_what_to_remove(reaching: Callable[[Who], None], tmp_path: Path) -> None:
    reaching("machine")
    mark = left_by(tmp_path / "lock", THERE)
    said = rf"study x is at work on another machine: process {os.getpid()} on node2; .* remove {mark}"
    with pytest.raises(UserError, match=said), exclusive(tmp_path / "lock", "study x"):
        pytest.fail("the body must not run")
    assert mark.exists()


def test_an_equal_name_of_another_machine_is_said(reaching: Callable[[Who], None], tmp_path: Path) -> None:
    reaching("machine")
    with open(tmp_path / "lock", "w") as file:
        here = place_of(file.fileno())
    left_by(tmp_path / "lock", replace(here, kernel="another"))
    said = r"another machine of this name, or this one before it was started or mounted anew"
    with pytest.raises(UserError, match=said), exclusive(tmp_path / "lock", "study x"):
        pytest.fail("the body must not run")


def test_where_nothing_can_hold_it_is_refused_with_the_reason(reaching: Callable[[Who], None], tmp_path: Path) -> None:
    reaching("nobody")
    said = r"its file system \(nfs4 with nolock\) has no locks between machines.*allowed: a folder on a local disk"
    with pytest.raises(UserError, match=said), exclusive(tmp_path / "lock", "study x"):
        pytest.fail("the body must not run")
    with locked(tmp_path / "lock", on_wait=lambda: None), locked(tmp_path / "other", within_machine=True):
        pass  # what may be done twice needs no more than the machine's own


def test_a_run_that_belongs_to_nobody_is_kept_from_other_machines(
    reaching: Callable[[Who], None], tmp_path: Path
) -> None:
    reaching("machine")
    left_by(tmp_path / ".lock", THERE)
    with pytest.raises(TakenError, match="on node2"), training_lock(tmp_path):
        pytest.fail("the body must not run")
    with training_lock(tmp_path, wait_s=1):  # its caller holds the lock of the whole study
        pass
