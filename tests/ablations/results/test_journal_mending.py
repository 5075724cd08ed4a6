"""Journals that have lost lines are noticed, and those that a crash has left are not taken for damaged."""

import shutil
from pathlib import Path

import pytest

from ablations.results.journal_mending import CHECKPOINTS, mended_journals, reader_warnings
from ablations.results.results import read_results
from ablations.results.summary_file import read_summary
from ablations.workspace.cursor import Cursor, write_cursor
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.problems import UserError
from tests.ablations.journals import make_arm, story, write, write_trial
from tests.ablations.journals import make_trial as begun_trial

ARM = make_arm("baseline")


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A trial with a result, summed up, with a checkpoint."""
    trial = write_trial(tmp_path, ARM, 0, 20.0)
    read_results(tmp_path)
    (trial.directory / CHECKPOINTS[0]).write_bytes(b"all of it")
    return trial


def _lines(trial: Trial) -> list[bytes]:
    return (trial.directory / journal.NAME).read_bytes().splitlines(keepends=True)


def _damaged(trial: Trial, content: bytes | None) -> Path:
    path = trial.directory / journal.NAME
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    return path


DAMAGES = {
    "absent": (lambda lines: None, "its end is missing"),
    "empty": (lambda lines: b"", "its end is missing"),
    "without its end": (lambda lines: b"".join(lines[:-1]), "its end is missing"),
    "half": (lambda lines: b"".join(lines)[: len(b"".join(lines)) // 2], "its end is missing"),
    "without a line": (lambda lines: b"".join([*lines[:3], *lines[4:]]), "1 events are missing, the first of them"),
    "a line garbled": (lambda lines: b"".join([*lines[:3], b"\xff\n", *lines[4:]]), "1 events are missing"),
    "its end garbled": (lambda lines: b"".join(lines)[:-20] + b"\xff" * 20, "its end is missing"),
    "NULs": (lambda lines: bytes(len(b"".join(lines))), "its end is missing"),
}


def test_what_another_version_has_written_is_not_damaged(trial: Trial, tmp_path: Path) -> None:
    lines = _lines(trial)
    later = lines[1].replace(b'"seq"', b'"weather":"fair","seq"', 1)
    path = _damaged(trial, b"".join([lines[0], later, b'{"kind":"dreamt","seq":2}\n', *lines[3:]]))
    content, words = path.read_bytes(), "another version of the trainer has written it: weather, dreamt is unknown"
    (warning,) = reader_warnings(tmp_path)
    assert f"{path}: {words}" in warning
    with pytest.raises(UserError, match=words):
        mended_journals(Workspace(tmp_path), [trial])
    assert path.read_bytes() == content


@pytest.mark.parametrize(("damage", "why"), DAMAGES.values(), ids=DAMAGES)
def test_without_a_copy_it_is_trained_anew(trial: Trial, tmp_path: Path, damage, why: str) -> None:  # type: ignore[no-untyped-def]
    path = _damaged(trial, damage(_lines(trial)))
    there = path.read_bytes() if path.exists() else None
    (warning,) = reader_warnings(tmp_path)
    assert warning.startswith(f"{path}: {why}")
    read_results(tmp_path)
    assert reader_warnings(tmp_path) == [warning]  # a reader keeps no summary of it
    (warning,) = mended_journals(Workspace(tmp_path), [trial])
    assert warning.startswith(f"{path}: {why}")
    if there is not None and "its end is missing" in warning and journal.read(trial.directory):
        assert warning.endswith("what is left is gone on from, at its last checkpoint")  # which can tell it again
        assert path.read_bytes() == there
        assert (trial.directory / CHECKPOINTS[0]).exists()
        return
    assert warning.endswith("it is trained anew")
    assert not path.exists()
    assert (trial.directory / f"{CHECKPOINTS[0]}.damaged-1").read_bytes() == b"all of it"
    if there is not None:
        assert path.with_name(f"{path.name}.damaged-1").read_bytes() == there
    (trial.directory / "summary.json").unlink()
    assert mended_journals(Workspace(tmp_path), [trial]) == []


@pytest.mark.parametrize(("damage", "why"), DAMAGES.values(), ids=DAMAGES)
def test_its_copy_takes_its_place(trial: Trial, tmp_path: Path, damage, why: str) -> None:  # type: ignore[no-untyped-def]
    whole, before = b"".join(_lines(trial)), read_summary(trial.directory)
    _keep_copy(trial, tmp_path)
    path = _damaged(trial, damage(_lines(trial)))
    (warning,) = mended_journals(Workspace(tmp_path), [trial])
    assert warning.endswith("the copy in the study's MLflow store takes its place")
    assert path.read_bytes() == whole
    assert (trial.directory / CHECKPOINTS[0]).exists()
    assert read_summary(trial.directory) == before
    assert mended_journals(Workspace(tmp_path), [trial]) == []


def test_a_copy_of_another_run_is_none(trial: Trial, tmp_path: Path) -> None:
    other = write_trial(tmp_path / "other", make_arm("ttur", ("ttur",)), 0, 20.0)
    later = write_trial(tmp_path / "later", ARM, 0, 21.0)  # the same trial with another outcome
    lines = _lines(trial)
    for source in (other, later):
        copy = _keep_copy(trial, tmp_path)
        shutil.copyfile(source.directory / journal.NAME, copy)
        path = _damaged(trial, b"".join(lines[:-1]))
        (warning,) = mended_journals(Workspace(tmp_path), [trial])
        assert warning.endswith("what is left is gone on from, at its last checkpoint")
        assert path.read_bytes() == b"".join(lines[:-1])


@pytest.mark.parametrize("content", [b"", b'{"kind": "sta'], ids=["empty", "torn first line"])
def test_one_that_has_not_begun_is_whole(tmp_path: Path, content: bytes) -> None:
    trial = begun_trial(tmp_path, ARM, 0)
    (trial.directory / journal.NAME).write_bytes(content)
    assert mended_journals(Workspace(tmp_path), [trial]) == []
    assert reader_warnings(tmp_path) == []


def test_what_a_crash_leaves_is_whole(tmp_path: Path) -> None:
    trial = begun_trial(tmp_path, ARM, 0)
    events = list(story(trial, 20.0))
    write(trial, [*events[:8], *events[5:9]])  # killed, and gone on with from an earlier checkpoint
    with open(trial.directory / journal.NAME, "ab") as file:
        file.write(b'{"kind": "tic')
    assert mended_journals(Workspace(tmp_path), [trial]) == []
    assert reader_warnings(tmp_path) == []


def _keep_copy(trial: Trial, root: Path) -> Path:
    write_cursor(trial.directory, Cursor(tracking_uri="sqlite:///x", experiment_id="1", run_id="abc"))
    copy = Workspace(root).mlartifacts / "abc" / "artifacts" / journal.NAME
    copy.parent.mkdir(parents=True, exist_ok=True)
    if (trial.directory / journal.NAME).exists():
        shutil.copyfile(trial.directory / journal.NAME, copy)
    return copy
