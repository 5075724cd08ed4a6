"""A study's folder keeps its id wherever it goes, and a copy beside its original gets one of its own."""

import shutil
from pathlib import Path

import pytest

from ablations.workspace.cursor import Cursor, read_cursor, write_cursor
from ablations.workspace.identity import (
    names_on_servers,
    own_identity,
    read_identity,
    renew_identity,
    settle_identity,
    standing_of,
)
from ablations.workspace.opening import open_workspace
from gan_core.problems import UserError
from tests.ablations.tiny import tiny_study


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with an identity, and a trial that a server has."""
    root = tmp_path / "runs" / "tiny"
    (root / "trials" / "baseline-seed0").mkdir(parents=True)
    assert settle_identity(root) == ""
    write_cursor(root / "trials" / "baseline-seed0", Cursor(tracking_uri="http://x", experiment_id="1", run_id="r"))
    return root


def id_of(root: Path) -> str:
    identity = read_identity(root)
    assert identity is not None
    return identity.id


def sent(root: Path) -> bool:
    return read_cursor(root / "trials" / "baseline-seed0") is not None


def test_it_is_drawn_once(root: Path) -> None:
    before = id_of(root)
    assert (standing_of(root), settle_identity(root), id_of(root)) == ("here", "", before)
    assert own_identity(root).id == before
    assert settle_identity(root.parent) == ""
    assert id_of(root.parent) != before


def test_a_moved_folder_keeps_it(root: Path, tmp_path: Path) -> None:
    before = id_of(root)
    moved = root.rename(tmp_path / "elsewhere")
    assert (standing_of(moved), settle_identity(moved), id_of(moved), sent(moved)) == ("moved", "", before, True)
    assert standing_of(moved) == "here"


def test_a_link_is_the_same_folder(root: Path, tmp_path: Path) -> None:
    before = id_of(root)
    (tmp_path / "link").symlink_to(root)
    assert (standing_of(tmp_path / "link"), settle_identity(tmp_path / "link")) == ("here", "")
    assert (id_of(root), sent(root)) == (before, True)


def test_a_copy_beside_its_original_is_another_and_says_so(root: Path, tmp_path: Path) -> None:
    before = id_of(root)
    copy = Path(shutil.copytree(root, tmp_path / "copy"))
    assert standing_of(copy) == "copy"
    assert f"{copy} is a copy of {root}" in settle_identity(copy)
    assert id_of(copy) != before
    assert (sent(copy), sent(root), id_of(root)) == (False, True, before)
    assert (standing_of(copy), settle_identity(copy)) == ("here", "")


def test_a_copy_whose_original_is_gone_is_the_study(root: Path, tmp_path: Path) -> None:
    before = id_of(root)
    copy = Path(shutil.copytree(root, tmp_path / "copy"))
    shutil.rmtree(root)
    assert (settle_identity(copy), id_of(copy), sent(copy)) == ("", before, True)


def test_another_folder_where_the_original_was_makes_no_copy(root: Path, tmp_path: Path) -> None:
    before = id_of(root)
    moved = root.rename(tmp_path / "elsewhere")
    root.mkdir()
    settle_identity(root)
    assert (standing_of(moved), settle_identity(moved), id_of(moved)) == ("moved", "", before)


def test_on_another_machine_it_stays_and_its_place_is_noted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = id_of(root)
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    assert (standing_of(root), settle_identity(root), id_of(root)) == ("elsewhere", "", before)
    identity = read_identity(root)
    assert identity is not None
    assert identity.place == f"another:{root.resolve()}"


def test_a_copy_that_died_while_it_became_another_is_recognised_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(root, tmp_path / "copy"))
    with monkeypatch.context() as patched:
        patched.setattr("ablations.workspace.identity._write", _killed)
        with pytest.raises(KeyboardInterrupt):
            renew_identity(copy)
    assert standing_of(copy) == "copy"


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_of_another_version_is_told(root: Path) -> None:
    (root / "identity.json").write_text('{"schema_version": 99}')
    with pytest.raises(UserError, match=r"identity.json: can't be read: it has schema version 99"):
        settle_identity(root)


def test_opening_settles_it(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    with open_workspace(study, tmp_path / "runs") as workspace:
        assert workspace.notice == ""
    before = id_of(workspace.root)
    shutil.copytree(tmp_path / "runs", tmp_path / "others")
    with open_workspace(study, tmp_path / "others") as copy:
        assert "is a copy of" in copy.notice
    assert id_of(copy.root) != before


def test_names_hold_the_beginning_of_the_id() -> None:
    assert names_on_servers("a", "0123456789abcdef") == ("a", "a@0123", "a@0123456789abcdef")
