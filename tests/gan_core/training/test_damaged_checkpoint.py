"""A damaged checkpoint is set aside under a name that is told, and the run goes on to the bits of an undamaged one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.config import Config, resolve
from gan_core.events import AnyEvent, Evaluated, Finished
from gan_core.problems import UserError
from gan_core.train import train
from gan_core.training.checkpoint import NAME, PREVIOUS
from gan_core.warnings_file import warnings_since
from tests.ablations.tiny import story_of

SETTINGS: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 10,
    "budget_kimg": 0.3,
    "progress_evaluations": 3,
    "progress_samples": 20,
    "full_samples": 20,
}
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "halved": lambda content: content[: len(content) // 2],
    "cut": lambda content: content[:-7],
    "garbled": lambda content: content[: len(content) // 2] + b"?" * 64 + content[len(content) // 2 + 64 :],
    "NULs": lambda content: bytes(len(content)),
    "a pickle": lambda content: b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.",
}


def tiny(**settings: Any) -> Config:
    return resolve({**SETTINGS, **settings})


def run(out: Path, home: Path, until: Callable[[AnyEvent], bool] = lambda event: False, **settings: Any) -> None:
    """Train, with the journal; cut short, without a last checkpoint, after the event that `until` names."""
    for event in journal.recorded(train(tiny(**settings), out, home), out):
        if until(event):
            os.replace(out / NAME, out / "kept")  # closing writes one, which a kill would not
            before = (out / PREVIOUS).read_bytes() if (out / PREVIOUS).exists() else None
            break
    else:
        return
    for name in (NAME, PREVIOUS):
        (out / name).unlink(missing_ok=True)
    os.replace(out / "kept", out / NAME)
    if before is not None:
        (out / PREVIOUS).write_bytes(before)


def after_the_second_evaluation(event: AnyEvent) -> bool:
    return isinstance(event, Evaluated) and event.kimg >= 0.2 and event.of == "progress" and event.step >= 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    out = tmp_path_factory.mktemp("whole")
    run(out, home)
    return out


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A run that was killed after two checkpoints."""
    out = tmp_path_factory.mktemp("cut")
    run(out, home, lambda event: event.kimg > 0.21)
    assert (out / NAME).exists()
    assert (out / PREVIOUS).exists()
    return out


def copy(folder: Path, to: Path) -> Path:
    to.mkdir()
    for name in (NAME, PREVIOUS, journal.NAME):
        (to / name).write_bytes((folder / name).read_bytes())
    return to


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_from_the_one_before(way: str, cut: Path, whole: Path, tmp_path: Path, home: Path) -> None:
    out = copy(cut, tmp_path / "run")
    damaged = WAYS[way]((out / NAME).read_bytes())
    (out / NAME).write_bytes(damaged)
    first = len(journal.read(out))
    run(out, home)
    assert story_of(out) == story_of(whole)
    (said,) = warnings_since(out, 0)
    assert said.startswith(f"{out / NAME} is damaged (")
    assert said.endswith(f"; it is now {NAME}.damaged-1")
    assert (out / f"{NAME}.damaged-1").read_bytes() == damaged
    lines = (out / journal.NAME).read_bytes().splitlines()
    assert len(lines) - first < len(story_of(out))  # not from the beginning
    assert not (out / PREVIOUS).exists()


def test_junk_behind_it_does_no_harm(cut: Path, whole: Path, tmp_path: Path, home: Path) -> None:
    out = copy(cut, tmp_path / "run")
    with open(out / NAME, "ab") as file:
        file.write(b"junk" * 10)
    run(out, home)
    assert story_of(out) == story_of(whole)


def test_without_a_sound_one_it_begins_anew(cut: Path, whole: Path, tmp_path: Path, home: Path) -> None:
    out = copy(cut, tmp_path / "run")
    for name in (NAME, PREVIOUS):
        (out / name).write_bytes(b"")
    run(out, home)
    assert story_of(out) == story_of(whole)
    assert [line.split(" is damaged ")[0] for line in warnings_since(out, 0)] == [str(out / NAME), str(out / PREVIOUS)]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_journal_without_its_last_lines_is_told_again(lost: int, whole: Path, tmp_path: Path, home: Path) -> None:
    """The end, and the scores before it: nothing is trained for that."""
    out = tmp_path / "run"
    run(out, home)
    lines = (out / journal.NAME).read_bytes().splitlines(keepends=True)
    (out / journal.NAME).write_bytes(b"".join(lines[:-lost]))
    run(out, home)
    assert story_of(out) == story_of(whole)
    steps = [event.step for event in journal.read(out)]
    assert len((out / journal.NAME).read_bytes().splitlines()) < len(lines) + len(steps) // 2
    assert warnings_since(out, 0) == []


def test_a_journal_with_a_hole_before_the_checkpoint(cut: Path, whole: Path, tmp_path: Path, home: Path) -> None:
    out = copy(cut, tmp_path / "run")
    lines = (out / journal.NAME).read_bytes().splitlines(keepends=True)
    (out / journal.NAME).write_bytes(b"".join(lines[:5]))
    run(out, home)
    assert story_of(out) == story_of(whole)
    assert all("has lost events that nothing can tell again" in line for line in warnings_since(out, 0))


def test_other_settings_and_other_images_are_told(cut: Path, tmp_path: Path, home: Path) -> None:
    out = copy(cut, tmp_path / "run")
    with pytest.raises(UserError, match=r"other settings: lr_d 0\.0002 there, 0\.001 here"):
        run(out, home, lr_d=1e-3)
    with pytest.raises(UserError, match="the images are not those that this run began with: 0123 then"):
        list(train(tiny(), tmp_path / "new", home, data_digest="0123"))
    assert (out / NAME).exists()


def test_the_former_one_goes_with_the_end(whole: Path) -> None:
    assert isinstance(journal.read(whole)[-1], Finished)
    assert (whole / NAME).exists()
    assert not (whole / PREVIOUS).exists()
