"""Every small record of a study's folder against every damage.

Either there is one message, which names the file and the way on, or the record can be found anew: then readers pass it
over, and whoever holds the lock sets it aside.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ablations.workspace.cursor import Cursor, read_cursor, write_cursor
from ablations.workspace.execution_record import Execution, begin_record, executions_of, read_execution
from ablations.workspace.explored import Explored, Suggestion, read_explored
from ablations.workspace.external_scores import keep_external, read_external
from ablations.workspace.floors import FloorsFile, read_floors
from ablations.workspace.identity import own_identity, read_identity
from ablations.workspace.looks_taken import LookTaken, read_looks_taken, write_looks_taken
from ablations.workspace.mending import mend, warnings_about
from ablations.workspace.model_record import ModelCursor, models_of, read_model, write_model
from ablations.workspace.opening import open_workspace
from ablations.workspace.record_file import read_record, set_aside
from ablations.workspace.removal import traces_of
from ablations.workspace.trial_record import read_trial_record
from ablations.workspace.workspace import Workspace
from gan_core.problems import UserError
from gan_core.scoring.records import Evaluation, Floor
from tests.ablations.command import ablations
from tests.ablations.tiny import tiny_study, tiny_trials


class Kind(NamedTuple):
    """One kind of record: its file, and how it is written and read."""

    file: str
    write: Callable[[Path], object]
    read: Callable[[Path], object]


def _open(root: Path) -> None:
    with open_workspace(tiny_study(root.parent), root.parent):
        pass


def _begin(root: Path) -> None:
    study = tiny_study(root.parent)
    begin_record(Execution.of(study, root, tiny_trials(root.parent), ["run"])).rename(root / "executions" / "one")


def _evaluated(root: Path) -> None:
    found = Evaluation(subject="/x", kind="images", what="pictures", n=1, scored=(), seconds=1.0, time=0.0)
    keep_external(Workspace(root), "x", found)


EXPLORED = Explored(suggestions=(Suggestion(params={"ttur": True}, is_a="trial", arm="ttur", seed=1_000_000),))
CURSOR = Cursor(tracking_uri="sqlite:///x", experiment_id="1", run_id="r", seq=3)
MODEL = ModelCursor(tracking_uri="sqlite:///x", experiment_id="1", run_id="r", trial="t", model_id="m")
FLOORS = FloorsFile(protocols=("a",), floors=(Floor(kind="noise", of={}, name="noise", what="noise", n=1, scores=()),))
LOOK = LookTaken(look=1, seeds=2, time=0.0, said=())
KINDS = {
    "study": Kind("study.json", _open, lambda root: Workspace(root).record()),
    "explored": Kind(
        "explored.json", lambda root: (root / "explored.json").write_text(EXPLORED.model_dump_json()), read_explored
    ),
    "external score": Kind("foreign/x.json", _evaluated, read_external),
    "trial": Kind(
        "trials/t/trial.json",
        lambda root: (
            tiny_trials(root.parent)[0].write_record()
            or tiny_trials(root.parent)[0].directory.rename(root / "trials" / "t")
        ),
        lambda root: read_trial_record(root / "trials" / "t"),
    ),
    "cursor in `delete`": Kind(
        "trials/t/mlflow.json",
        lambda root: (root / "trials" / "t").mkdir(parents=True) or write_cursor(root / "trials" / "t", CURSOR),
        lambda root: traces_of(Workspace(root)),
    ),
    "execution": Kind(
        "executions/one/execution.json", _begin, lambda root: read_execution(root / "executions" / "one")
    ),
}
FINDABLE = {
    "floors": Kind(
        "floors.json", lambda root: (root / "floors.json").write_text(FLOORS.model_dump_json()), read_floors
    ),
    "looks": Kind("looks.json", lambda root: write_looks_taken(root, (LOOK,)), read_looks_taken),
    "identity": Kind("identity.json", own_identity, read_identity),
    "model": Kind(
        "models/ttur.json", lambda root: write_model(root, "ttur", MODEL), lambda root: read_model(root, "ttur")
    ),
    "models": Kind("models/ttur.json", lambda root: write_model(root, "ttur", MODEL), models_of),
    "cursor": Kind(
        "trials/t/mlflow.json",
        lambda root: (root / "trials" / "t").mkdir(parents=True) or write_cursor(root / "trials" / "t", CURSOR),
        lambda root: read_cursor(root / "trials" / "t"),
    ),
}


def _garbled(content: bytes) -> bytes:
    stream = random.Random(0)
    return bytes(stream.randrange(256) if stream.random() < 0.2 else byte for byte in content)


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "blank": lambda _: b"\n",
    "halved": lambda content: content[: len(content) // 2],
    "garbled": _garbled,
    "NUL bytes": lambda content: bytes(len(content)),
    "NUL bytes behind": lambda content: content[: len(content) // 2] + bytes(512),
    "junk appended": lambda content: content + b'}{"junk',
    "written twice": lambda content: content * 2,
    "not UTF-8": lambda content: content.replace(b'"', b'"\xff', 1),
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "half a surrogate pair": lambda _: b'{"study": "\\ud800"}',
    "nested without end": lambda _: b"[" * 100_000,
    "a list": lambda _: b"[]",
    "a long list": lambda _: b"[" + b"1," * 10_000 + b"1]",
    "null": lambda _: b"null",
    "a number without end": lambda _: b'{"schema_version": 1' + b"0" * 5000 + b"}",
    "other keys": lambda _: b'{"nobody": 1, "knows": 2}',
}


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


PLACES: dict[str, Callable[[Path], None]] = {"a folder": _directory, "a link to itself": _link_to_itself}


def _written(kind: Kind, folder: Path) -> tuple[Path, Path]:
    """The study's folder and the file, which is read as it should be."""
    root = folder / "tiny"
    root.mkdir()
    kind.write(root)
    kind.read(root)
    return root, root / kind.file


def _check(kind: Kind, root: Path) -> None:
    with pytest.raises(UserError) as caught:
        kind.read(root)
    (problem,) = caught.value.problems
    assert problem.source == str(root / kind.file)
    assert problem.message.startswith("can't be read: ")
    assert len(problem.message) < 200
    assert "\n" not in str(problem)
    assert problem.allowed


@pytest.mark.parametrize("damage", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_damaged_record(tmp_path: Path, kind: Kind, damage: Callable[[bytes], bytes]) -> None:
    root, path = _written(kind, tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    _check(kind, root)


@pytest.mark.parametrize("damage", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_something_else_in_its_place(tmp_path: Path, kind: Kind, damage: Callable[[Path], None]) -> None:
    root, path = _written(kind, tmp_path)
    damage(path)
    _check(kind, root)


@pytest.mark.parametrize("damage", (CONTENTS | PLACES).values(), ids=CONTENTS | PLACES)
@pytest.mark.parametrize("kind", FINDABLE.values(), ids=FINDABLE)
def test_a_damaged_record_that_can_be_found_anew(
    tmp_path: Path, kind: Kind, damage: Callable[[bytes], bytes] | Callable[[Path], None]
) -> None:
    root, path = _written(kind, tmp_path)
    if damage in PLACES.values():
        damage(path)  # type: ignore[arg-type]
    else:
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[arg-type, arg-type]
    there = os.lstat(path).st_ino
    assert not kind.read(root)
    (warning,) = warnings_about(root)
    assert str(path) in warning
    assert "passed over here" in warning
    assert os.lstat(path).st_ino == there  # a reader changes nothing
    (warning,) = mend(Workspace(root))
    assert f"{path}: can't be read: " in warning
    assert f"it is now {path.name}.damaged-1: " in warning
    assert os.lstat(f"{path}.damaged-1").st_ino == there
    assert not os.path.lexists(path)
    assert mend(Workspace(root)) == []


@pytest.mark.parametrize("kind", FINDABLE.values(), ids=FINDABLE)
def test_a_record_of_a_later_version_is_no_damage(tmp_path: Path, kind: Kind) -> None:
    root, path = _written(kind, tmp_path)
    path.write_text('{"schema_version": 99}')
    for read in (kind.read, warnings_about, lambda root: mend(Workspace(root))):
        with pytest.raises(UserError, match="it has schema version 99, this program knows 1; allowed: the version"):
            read(root)
    assert path.read_text() == '{"schema_version": 99}'


def test_what_was_set_aside_before_stays(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / "floors.json").write_text(f"damage {number}")
        assert set_aside(tmp_path / "floors.json").name == f"floors.json.damaged-{number}"
    assert (tmp_path / "floors.json.damaged-1").read_text() == "damage 1"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("kind", (KINDS | FINDABLE).values(), ids=KINDS | FINDABLE)
def test_without_permission(tmp_path: Path, kind: Kind) -> None:
    root, path = _written(kind, tmp_path)
    path.chmod(0)
    _check(kind, root)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"{", "not JSON: EOF while parsing an object at line 1 column 1"),
        (b"[]", "Input should be an object"),
        (b'{"schema_version": 99}', "it has schema version 99, this program knows 1"),
        (b'{"schema_version": 1, "run_id": 7, "tracking_uri": ""}', "experiment_id: Field required, and 1 more"),
    ],
)
def test_the_message_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "mlflow.json").write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_record(tmp_path / "mlflow.json", Cursor, "nothing")
    (problem,) = caught.value.problems
    assert problem.message == f"can't be read: {reason}"


def test_no_record_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        assert read_cursor(folder) is None
        assert read_model(folder, "ttur") is None
        assert read_explored(folder) == Explored()
        assert read_floors(folder) == ()
        assert (read_external(folder), models_of(folder), executions_of(folder)) == ((), [], [])
        for read in (read_trial_record, read_execution):
            with pytest.raises(FileNotFoundError):
                read(folder)


def test_an_execution_that_a_crash_left_torn_is_no_one(tmp_path: Path) -> None:
    root, path = _written(KINDS["execution"], tmp_path)
    assert executions_of(root) == [path.parent]
    path.write_bytes(path.read_bytes()[:100])
    assert executions_of(root) == []


def test_a_command_ends_with_the_message(tmp_path: Path) -> None:
    _written(KINDS["study"], tmp_path)
    trial = tiny_trials(tmp_path)[0]
    trial.write_record()
    (trial.directory / "trial.json").write_bytes(bytes(100))
    outcome = ablations("leaderboard", "tiny", "--runs", str(tmp_path))
    assert outcome.code == 2
    assert f"{trial.directory / 'trial.json'}: can't be read: not JSON: " in outcome.err.replace("\n", "")
    assert "Traceback" not in outcome.err
