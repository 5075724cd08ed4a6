"""In a storage that several people use, each folder has ledgers of its own."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import optuna
import pytest

from ablations.search import ownership
from ablations.search.ledger import Ledger
from ablations.search.ownership import OWNER, ledgers_of, own_ledger
from ablations.search.storage import opened
from ablations.workspace.identity import own_identity, read_identity, settle_identity
from gan_core import journal
from tests.ablations.journals import story, write
from tests.ablations.ledger_books import enter_all
from tests.ablations.trials_of_arms import trials_under


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/team.db"


def folder(tmp_path: Path, person: str) -> Path:
    root = tmp_path / person / "tiny"
    root.mkdir(parents=True)
    settle_identity(root)
    return root


def train(storage: str, name: str, root: Path, fid: float) -> None:
    """Every trial of the study, with this FID."""
    trials = trials_under(root, seeds=2)
    ledger = Ledger(storage, name, trials, {trial.name: journal.read(trial.directory) for trial in trials})
    for trial in ledger.next_trials():
        trial.write_record("c0de")
        events = list(story(trial, fid))
        write(trial, events)
        enter_all(ledger, trial, events)


def values(storage: str) -> Mapping[str, Sequence[float | None]]:
    return {
        name: [trial.value for trial in optuna.load_study(storage=storage, study_name=name).get_trials()]
        for name in optuna.get_all_study_names(storage)
    }


def test_two_people_with_one_study_on_one_storage(storage: str, tmp_path: Path) -> None:
    one, other = folder(tmp_path, "alice"), folder(tmp_path, "bob")
    assert own_ledger(storage, "tiny", one) == ("tiny", "")
    train(storage, "tiny", one, 34.0)
    name, notice = own_ledger(storage, "tiny", other)
    assert name == f"tiny@{own_identity(other).id[:4]}"
    assert f"belongs to another folder ({own_identity(one).place}); this folder's is {name!r}" in notice
    train(storage, name, other, 18.0)
    assert values(storage) == {"tiny": [34.0] * 4, name: [18.0] * 4}
    assert own_ledger(storage, "tiny", one)[0] == "tiny"
    assert own_ledger(storage, "tiny", other)[0] == name
    assert ledgers_of(storage, ["tiny", "tiny-confirm"], other) == {name: 4}
    assert ledgers_of(storage, ["tiny"], one) == {"tiny": 4}


def test_the_folder_removed_and_made_again_is_another(storage: str, tmp_path: Path) -> None:
    root = folder(tmp_path, "alice")
    train(storage, own_ledger(storage, "tiny", root)[0], root, 34.0)
    shutil.rmtree(root)
    name, notice = own_ledger(storage, "tiny", folder(tmp_path, "alice"))
    assert name != "tiny"
    assert notice
    assert values(storage)[name] == []


def test_two_that_begin_at_once(storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one makes its ledger when this one has just seen that there is none."""
    one, other = folder(tmp_path, "alice"), folder(tmp_path, "bob")
    real, left = ownership.made, [other]

    def made(storage: str, name: str, **options: bool) -> optuna.Study:
        if left:
            own_ledger(storage, "tiny", left.pop())
        return real(storage, name, **options)

    monkeypatch.setattr(ownership, "made", made)
    assert own_ledger(storage, "tiny", one)[0] == f"tiny@{own_identity(one).id[:4]}"
    owner = optuna.load_study(storage=storage, study_name="tiny").user_attrs[OWNER]
    assert owner == own_identity(other).id


def test_the_ledger_of_an_earlier_version_is_whose_scores_it_has(storage: str, tmp_path: Path) -> None:
    one, other, third = (folder(tmp_path, person) for person in ("alice", "bob", "carol"))
    opened(storage, "tiny")  # bears no id
    train(storage, "tiny", one, 34.0)
    train(f"sqlite:///{tmp_path}/own.db", "tiny", other, 18.0)
    assert ledgers_of(storage, ["tiny"], other) == {}
    assert own_ledger(storage, "tiny", other)[0] != "tiny"
    assert own_ledger(storage, "tiny", third)[0] != "tiny"  # it has no scores at all
    assert ledgers_of(storage, ["tiny"], one) == {"tiny": 4}
    assert own_ledger(storage, "tiny", one) == ("tiny", "")


def test_a_moved_folder_keeps_its_ledger(storage: str, tmp_path: Path) -> None:
    root = folder(tmp_path, "alice")
    own_ledger(storage, "tiny", root)
    moved = root.rename(tmp_path / "job")
    settle_identity(moved)
    assert own_ledger(storage, "tiny", moved) == ("tiny", "")


def test_of_two_copies_on_two_machines_the_second_to_work_is_another(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(tmp_path, "alice")
    own_ledger(storage, "tiny", root)
    copy = Path(shutil.copytree(root, tmp_path / "another machine's"))
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    settle_identity(copy)
    assert own_ledger(storage, "tiny", copy) == ("tiny", "")  # it may have been moved
    monkeypatch.undo()
    before = read_identity(root)
    assert ledgers_of(storage, ["tiny"], root) == {}
    name, notice = own_ledger(storage, "tiny", root)
    assert before is not None
    assert name == f"tiny@{own_identity(root).id[:4]}" != f"tiny@{before.id[:4]}"
    assert "a copy of" in notice
    assert own_ledger(storage, "tiny", copy)[0] == "tiny"
