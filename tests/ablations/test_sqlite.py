"""Databases in folders of any name, and made by one at a time."""

import subprocess
import sys
from pathlib import Path

import optuna
import pytest
import sqlalchemy

from ablations.search.storage import opened
from ablations.sqlite import file_of, sqlite_uri, tables_made_alone
from ablations.tracking.mlflow.store import open_store
from ablations.workspace.workspace import Workspace
from gan_core.problems import UserError

NAMES = ["a?b", "a%20b", "50%", "a#b", "{c}", "d e", "f'g\"", "é×", "a;b&c=d+e@f:g", "[h]", "plain"]


@pytest.mark.parametrize("name", NAMES)
def test_an_address_leads_back_to_its_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name / "x.db"
    uri = sqlite_uri(path)
    assert sqlalchemy.make_url(uri).database == str(path)
    assert file_of(uri) == path
    assert file_of(f"{uri}?timeout=3") == path
    path.parent.mkdir()
    engine = sqlalchemy.create_engine(uri)
    with engine.connect():
        assert path.exists()
    engine.dispose()


def test_what_is_no_file() -> None:
    for uri in ("postgresql://h/db", "sqlite://", "sqlite:///:memory:", "x", ""):
        assert file_of(uri) is None


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not text in UTF-8"):
        _ = Workspace(tmp_path / "a\udcff").optuna_uri


def test_both_stores_open_there(tmp_path: Path) -> None:
    root = tmp_path / "a?b%20c#d{e}"
    root.mkdir()
    workspace = Workspace(root)
    opened(workspace.optuna_uri, "tiny")
    assert optuna.get_all_study_names(workspace.optuna_uri) == ["tiny"]
    store = open_store(workspace.mlflow_uri, "tiny", workspace.mlartifacts, root)
    assert store.client.get_experiment_by_name("tiny") is not None
    assert {path.name for path in root.iterdir()} >= {"optuna.db", "mlflow.db"}
    assert list(tmp_path.iterdir()) == [root]


MAKE = """
import sys
from ablations.search.storage import opened
from ablations.tracking.mlflow.store import open_store
print(open_store(sys.argv[1], sys.argv[2], None).experiment_id)
opened(sys.argv[3], sys.argv[2])
"""


@pytest.mark.slow
def test_four_programs_make_two_new_files_at_once(tmp_path: Path) -> None:
    uris = [sqlite_uri(tmp_path / name) for name in ("mlflow.db", "optuna.db")]
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, uris[0], f"study{number}", uris[1]],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    ended = [(maker.communicate(timeout=300), maker.returncode) for maker in makers]
    assert [code for _, code in ended] == [0] * 4, ended
    assert len({out for (out, _), _ in ended}) == 4
    assert len(optuna.get_all_study_names(uris[1])) == 4


def test_one_waits_for_the_other(tmp_path: Path) -> None:
    uri = sqlite_uri(tmp_path / "x.db")
    code = (
        "import sys\nfrom ablations.sqlite import tables_made_alone\n"
        "with tables_made_alone(sys.argv[1]):\n    print('mine')"
    )
    with tables_made_alone(uri):
        other = subprocess.Popen([sys.executable, "-c", code, uri], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
    assert other.communicate(timeout=20)[0] == "mine\n"
