"""A search's record that was lost comes back from its ledger, the same in everything, or the search is refused."""

from pathlib import Path

import optuna
import pytest

from ablations.search.recovery import restored_exploration
from ablations.workspace.explored import NAME, read_explored
from gan_core.problems import UserError
from tests.ablations.search.hunts import Hunt
from tests.ablations.search.searches import SPACE


def _hunted(folder: Path) -> Hunt:
    """Part of a search, with repeats and forbidden suggestions among its trials."""
    hunt = Hunt(folder, {"arms": 8, "seeds": 2, "sampler": "random"}, space={"lr_d": SPACE["lr_d"]})
    hunt.finish(most=7)
    for trial in hunt.exploration.trials():
        trial.write_record()
    return hunt


@pytest.mark.parametrize("content", [None, b"", b"\0" * 100, b"{}}"], ids=["absent", "empty", "NULs", "junk"])
def test_it_comes_back_the_same(tmp_path: Path, content: bytes | None) -> None:
    hunt = _hunted(tmp_path)
    path, before = hunt.root / NAME, read_explored(hunt.root)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    (warning,) = restored_exploration(hunt.study, hunt.root, hunt.storage)
    assert str(path) in warning
    assert read_explored(hunt.root) == before
    assert path.with_name(f"{NAME}.damaged-1").exists() is (content is not None)
    assert restored_exploration(hunt.study, hunt.root, hunt.storage) == []
    rest = hunt.finish()
    assert len(rest) == len(set(rest)) >= 1
    assert set(rest).isdisjoint(trial.name for trial in hunt.exploration.trials()[:7])


@pytest.mark.parametrize("ledger", ["lost", "of another search"])
def test_without_its_ledger_nothing_is_begun_over_the_trials(tmp_path: Path, ledger: str) -> None:
    hunt = _hunted(tmp_path / "one")
    path = hunt.root / NAME
    path.write_bytes(b"")
    storage = optuna.storages.InMemoryStorage()
    if ledger == "of another search":
        other = Hunt(tmp_path / "two", {"arms": 8, "seed": 7, "sampler": "random"}, space={"lr_d": SPACE["lr_d"]})
        other.storage = storage
        other.finish(most=7)
    with pytest.raises(UserError, match=r"does not know the 7 explored trials.*--as NEWNAME"):
        restored_exploration(hunt.study, hunt.root, storage)  # type: ignore[arg-type]
    assert path.read_bytes() == b""


def test_a_search_that_has_not_begun_needs_no_record(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path)
    assert restored_exploration(hunt.study, hunt.root, hunt.storage) == []
    (hunt.root / NAME).write_bytes(b"")
    assert len(restored_exploration(hunt.study, hunt.root, hunt.storage)) == 1
    assert read_explored(hunt.root).suggestions == ()
