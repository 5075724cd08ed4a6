"""Prepared arrays are hashed once, and again whenever their files were touched."""

import os
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets import prepared, verified
from gan_core.datasets.record import ImageSet

LABELS = np.zeros(3, dtype=np.int64)


class Prepared:
    """A prepared set, and how often it was hashed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.hashed, self.made = folder, 0, 0
        digest_of = prepared.content_digest

        def counted(*arguments: object) -> str:
            self.hashed += 1
            return digest_of(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(prepared, "content_digest", counted)

    def make(self) -> prepared.Arrays:
        self.made += 1
        return np.full((3, 1, 4, 4), 7, dtype=np.uint8), LABELS

    def open(self) -> tuple[ImageSet, int]:
        """The set, and how often it was hashed for that."""
        before = self.hashed
        return prepared.open_or_make(self.folder, "x", "train", "rule", self.make), self.hashed - before


@pytest.fixture
def settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """A set whose files count as left alone for long enough at once."""
    monkeypatch.setattr(verified, "SETTLED_S", 0.0)
    found = Prepared(tmp_path / "prepared" / "x", monkeypatch)
    found.open()
    return found


def test_it_is_hashed_once(settled: Prepared) -> None:
    first, second = settled.open(), settled.open()
    assert (first[1], second[1], settled.made) == (0, 0, 1)
    assert first[0].digest == second[0].digest


def test_content_that_changes_under_its_old_time_is_noticed(settled: Prepared) -> None:
    path = settled.folder / prepared.IMAGES
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    images, _ = settled.open()
    assert settled.made == 2
    assert (images.images == 7).all()


@pytest.mark.parametrize("name", [prepared.IMAGES, prepared.LABELS])
def test_a_touched_file_is_hashed_again_and_only_once(settled: Prepared, name: str) -> None:
    (settled.folder / name).touch()
    assert [settled.open()[1] for _ in range(3)] == [1, 0, 0]
    assert settled.made == 1


def test_a_note_about_something_else_is_worth_nothing(settled: Prepared) -> None:
    note = settled.folder / verified.NOTE
    for damaged in ("{", "{}", note.read_text().replace("rule", "other rule")):
        note.write_text(damaged)
        assert settled.open()[1] == 1


def test_files_that_were_just_written_are_not_trusted_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Prepared(tmp_path / "prepared" / "x", monkeypatch)
    assert all(fresh.open()[1] > 0 for _ in range(3))
    assert not (fresh.folder / verified.NOTE).exists()
    monkeypatch.setattr(verified, "SETTLED_S", 0.0)
    assert [fresh.open()[1] for _ in range(2)] == [1, 0]


def test_a_folder_that_cannot_be_written_is_hashed_every_time(
    settled: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settled.folder / verified.NOTE).unlink()

    def refused(*given: object, **where: object) -> None:
        raise PermissionError(13, "not yours")

    monkeypatch.setattr(verified, "write_text", refused)
    assert [settled.open()[1] for _ in range(2)] == [1, 1]
