"""Where the user wants the files of trials to travel."""

from pathlib import Path

import pytest

from ablations.executors.elsewhere.setting import given_files
from gan_core.problems import UserError


def test_a_folder_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert given_files("shared", elsewhere=True) == str(tmp_path / "shared")
    assert given_files("s3://bucket/folder", elsewhere=True) == "s3://bucket/folder"
    assert given_files(None, elsewhere=True) is None


@pytest.mark.parametrize(
    ("files", "elsewhere", "message"),
    [
        ("", True, "--files: '' is no place; allowed: a folder that all machines reach"),
        ("memory://place", True, "--files: memory://place: no other process sees what is there; allowed: a folder"),
        ("/shared", False, "--files: on this machine no files travel"),
    ],
)
def test_a_place_that_is_none_is_refused(files: str, elsewhere: bool, message: str) -> None:
    with pytest.raises(UserError, match=message):
        given_files(files, elsewhere)
