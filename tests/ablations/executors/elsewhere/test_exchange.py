"""Where files travel: whole files, paths that stay inside, and what goes wrong in words."""

import errno
import sys
import uuid
from pathlib import Path

import pytest

from ablations.executors.elsewhere import patiently as trying
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.object_store import ObjectStore
from ablations.executors.elsewhere.patiently import patiently
from ablations.executors.elsewhere.shared_folder import SharedFolder
from gan_core.problems import Problem, UserError


@pytest.fixture(params=["folder", "file", "memory", pytest.param("s3", marks=pytest.mark.server)])
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Exchange:
    if request.param == "s3":
        return Exchange(f"{request.getfixturevalue('bucket')}/{uuid.uuid4().hex}")
    places = {
        "folder": str(tmp_path / "exchange"),
        "file": f"file://{tmp_path}/with%20space",
        "memory": f"memory://{uuid.uuid4().hex}/exchange",
    }
    return Exchange(places[request.param])


def a_folder(path: Path) -> Path:
    (path / "grids").mkdir(parents=True)
    for name in ("events.jsonl", "grids/1.png", ".lock", "draft.tmp", "trial.json", "checkpoint.previous.pt"):
        (path / name).write_text(f"content of {name}")
    (path / "link").symlink_to(path / "events.jsonl")
    return path


def test_what_travels_arrives(exchange: Exchange, tmp_path: Path) -> None:
    exchange.put(a_folder(tmp_path / "trial"), "trials/a/1")
    assert exchange.files("trials/a/1") == ("events.jsonl", "grids/1.png")
    exchange.get("trials/a/1", tmp_path / "other")
    assert (tmp_path / "other" / "grids" / "1.png").read_text() == "content of grids/1.png"
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["events.jsonl", "grids"]


def test_small_things_by_their_paths(exchange: Exchange) -> None:
    assert not exchange.exists("trials/a/1/begun.json")
    exchange.put_bytes("trials/a/1/begun.json", b"1")
    exchange.put_bytes("trials/a/1/begun.json", b"2")
    assert exchange.get_bytes("trials/a/1/begun.json") == b"2"
    assert exchange.exists("trials/a/1/begun.json")
    assert exchange.put_new("agreed", b"first") is True
    assert exchange.put_new("agreed", b"second") is False
    assert exchange.get_bytes("agreed") == b"first"


def test_names_and_what_is_removed(exchange: Exchange) -> None:
    assert exchange.names() == ()
    assert exchange.files("trials/a") == ()
    for name in ("a/1", "a/2", "b/1"):
        exchange.put_bytes(f"trials/{name}/events.jsonl", b"1")
    assert exchange.names() == ("a", "b")
    exchange.remove("trials/a/1")
    assert exchange.names("trials/a") == ("2",)
    exchange.remove("trials/a/2/events.jsonl")
    exchange.remove("trials/a/2")
    exchange.remove("trials/never")
    assert exchange.names() == ("b",)


def test_the_check_leaves_nothing(exchange: Exchange) -> None:
    exchange.check()
    assert exchange.names("checked") == ()


def test_nothing_is_asked_of_a_place_that_is_not_used(tmp_path: Path) -> None:
    Exchange(str(tmp_path / "exchange"))
    assert not (tmp_path / "exchange").exists()


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\\b", ""])
def test_a_path_never_leads_out(exchange: Exchange, tmp_path: Path, path: str) -> None:
    with pytest.raises(ExchangeError, match="no path within"):
        exchange.get("trials/a", tmp_path, [path])


def test_a_name_in_a_store_never_leads_out(tmp_path: Path) -> None:
    exchange = Exchange(f"memory://{uuid.uuid4().hex}")
    exchange.put_bytes("trials/a/x/../../../escaped", b"1")
    with pytest.raises(ExchangeError, match="no path within"):
        exchange.get("trials/a", tmp_path / "in")
    assert not (tmp_path / "escaped").exists()


def test_a_reader_meets_whole_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Exchange(str(tmp_path / "exchange"))
    exchange.put_bytes("a/file", b"old")

    def copy_half(source: Path, target: Path) -> None:
        target.write_bytes(b"ne")
        assert exchange.get_bytes("a/file") == b"old"
        assert exchange.files("a") == ("file",)
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "file").write_bytes(b"new")
    monkeypatch.setattr("shutil.copyfile", copy_half)
    with pytest.raises(ExchangeError, match="a/file can't be written: no space is left"):
        exchange.put(tmp_path, "a", ["file"])
    assert exchange.get_bytes("a/file") == b"old"
    assert [path.name for path in (tmp_path / "exchange" / "a").iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("exchange", "no full path"),
        ("ftp://host/folder", "ftp:// is no place for files"),
        ("gcss://bucket", "did you mean 'gcs'"),
    ],
)
def test_what_can_be_no_exchange_is_said(uri: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        Exchange(uri)


@pytest.mark.parametrize(("uri", "package"), [("s3://bucket/x", "s3fs"), ("gs://bucket/x", "gcsfs")])
def test_a_driver_that_is_missing_is_named(uri: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f"pip install {package}"):
        Exchange(uri)


def test_a_folder_below_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExchangeError, match="a part of its path is a file") as caught:
        Exchange(str(tmp_path / "file" / "exchange")).check()
    assert caught.value.lasting


@pytest.mark.parametrize(
    ("error", "words", "lasting"),
    [
        (PermissionError("Access Denied"), r"no rights to do so \(Access Denied\)", True),
        (FileNotFoundError("The specified bucket does not exist"), "The specified bucket does not exist", False),
        (OSError(errno.EBUSY, "SlowDown"), "SlowDown", False),
        (OSError(errno.EROFS, "Read-only file system"), "it is mounted for reading only", True),
        (OSError(errno.ENOSPC, "No space"), "no space is left", True),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "Connection reset by peer", False),
        (RuntimeError("a driver's\n own words"), "a driver's own words", False),
    ],
)
def test_what_goes_wrong_is_said_in_words(
    error: Exception, words: str, lasting: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: ObjectStore, path: str, content: bytes) -> None:
        raise error

    monkeypatch.setattr(ObjectStore, "write", fail)
    with pytest.raises(ExchangeError, match=words) as caught:
        Exchange("memory://place").check()
    assert "memory://place" in str(caught.value)
    assert caught.value.lasting is lasting


def test_what_is_not_read_back_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedFolder, "read", lambda self, path: b"other")
    with pytest.raises(ExchangeError, match="not what is read back"):
        Exchange(str(tmp_path)).check()


@pytest.mark.parametrize(("failures", "lasting", "tries"), [(0, False, 1), (2, False, 3), (9, False, 5), (9, True, 1)])
def test_another_try_helps_against_what_passes(failures: int, lasting: bool, tries: int) -> None:
    done: list[int] = []
    waited: list[float] = []

    def action() -> str:
        done.append(1)
        if len(done) <= failures:
            raise ExchangeError(Problem("busy"), lasting)
        return "here"

    if failures < 9:
        assert patiently(action, waited.append) == "here"
    else:
        with pytest.raises(ExchangeError, match="busy"):
            patiently(action, waited.append)
    assert len(done) == tries
    assert waited == list(trying.PAUSES_S[: tries - 1])
