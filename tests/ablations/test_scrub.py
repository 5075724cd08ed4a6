"""A study that an earlier version recorded loses the untracked files in its patches, here and in MLflow."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from ablations.workspace.execution_record import Execution, begin_record, end_record, executions_of, read_execution
from ablations.workspace.opening import open_workspace
from ablations.workspace.patches import NAME as PATCH
from ablations.workspace.patches import cleaned
from ablations.workspace.workspace import Workspace
from tests.ablations.command import Outcome, ablations
from tests.ablations.tiny import tiny_study
from tests.ablations.tracking.conftest import PROVENANCE
from tests.ablations.tracking.serving import Server
from tests.ablations.workspace.test_patches import UNTRACKED, dirty, old_patch

TREASURE = b"treasure"


@dataclass(frozen=True)
class Old:
    """A study with one execution, recorded as before 0.2.0."""

    workspace: Workspace
    patch: str

    def send(self, uri: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        """To MLflow, as it was sent then."""
        with monkeypatch.context() as before:
            before.setattr("ablations.tracking.mlflow.execution_run.cleaned", lambda text: CleanlyNothing(text))
            where = () if uri is None else ("--tracking-uri", uri)
            assert ablations("sync", self.workspace.root, "--no-models", *where).code == 0

    def scrub(self, *words: object) -> Outcome:
        return ablations("scrub", self.workspace.root, *words)


@dataclass(frozen=True)
class CleanlyNothing:
    """A patch as it was."""

    text: str


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Old:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    patch = old_patch(dirty(tmp_path / "checkout"), *UNTRACKED)
    shutil.rmtree(tmp_path / "checkout")
    study = tiny_study(tmp_path)
    with open_workspace(study, tmp_path / "runs") as workspace:
        provenance = PROVENANCE.model_copy(update={"patch": patch})
        end_record(begin_record(Execution("tiny", "one-in", workspace.root, (), study.path, provenance)), "finished")
    return Old(workspace, patch)


def leaks(folder: Path) -> list[str]:
    """Files with the secret in them."""
    return [str(p.relative_to(folder)) for p in sorted(folder.rglob("*")) if p.is_file() and TREASURE in p.read_bytes()]


def artifact(uri: str, folder: Path) -> str:
    """The patch that the store has of the study's only execution."""
    client: Any = MlflowClient(uri, registry_uri=uri)
    (run,) = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    folder.mkdir(exist_ok=True)
    return Path(client.download_artifacts(run.info.run_id, PATCH, str(folder))).read_text()


def test_the_folder_and_the_store_in_it(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    old.send(None, monkeypatch)
    root = old.workspace.root
    places = leaks(root)
    assert len(places) == 3
    shown = old.scrub("--dry-run")
    assert shown.code == 0
    assert leaks(root) == places
    refused = old.scrub()
    assert refused.code == 2
    assert "nothing was removed: there is no terminal to ask on" in refused.err
    assert leaks(root) == places
    done = old.scrub("--yes")
    assert done.code == 0, done.err
    for place in places:
        assert f"{root / place}: {', '.join(UNTRACKED)} to be left out; 1 secrets to be masked" in shown.out
        assert f"cleaned: {root / place}" in done.out
    assert leaks(root) == []
    (folder,) = executions_of(root)
    record = read_execution(folder)
    assert record.provenance.patch == cleaned(old.patch).text
    assert record.provenance.model_copy(update={"patch": old.patch}) == PROVENANCE.model_copy(
        update={"patch": old.patch}
    )
    again = old.scrub("--yes")
    assert again.code == 0
    assert "3 records of uncommitted changes, 0 to be cleaned" in again.out


@pytest.fixture(params=["database", pytest.param("server", marks=pytest.mark.server)])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store elsewhere."""
    (tmp_path / "store").mkdir()
    if request.param == "database":
        yield f"sqlite:///{tmp_path}/store/team.db"
        return
    server = Server(tmp_path / "store" / "server")
    server.start()
    yield server.address
    server.kill()


def test_a_store_elsewhere(old: Old, shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old.send(shared, monkeypatch)
    assert artifact(shared, tmp_path / "before") == old.patch + "\n"
    if shared.startswith("sqlite"):
        unseen = old.scrub("--yes")  # it may be another folder's, and is not touched; but the user hears of it
        assert unseen.code == 1
        assert "is in another folder; --tracking-uri names it" in unseen.err
        assert leaks(tmp_path / "store") != []
    where = ("--tracking-uri", shared) if shared.startswith("sqlite") else ()
    done = old.scrub("--yes", *where)
    assert done.code == 0, done.err
    assert f"cleaned: MLflow at {shared}, run tiny " in done.out
    assert leaks(tmp_path / "store") == []
    assert leaks(old.workspace.root) == []
    assert artifact(shared, tmp_path / "after") == cleaned(old.patch + "\n").text
    again = old.scrub("--yes", *where)
    assert again.code == 0
    assert ", 0 to be cleaned" in again.out


def test_a_server_that_is_away_is_told_and_the_rest_is_cleaned(old: Old) -> None:
    outcome = old.scrub("--yes", "--tracking-uri", "http://127.0.0.1:9")
    assert outcome.code == 1
    assert "http://127.0.0.1:9 does not answer" in outcome.err
    assert leaks(old.workspace.root) == []
    assert old.scrub("--yes", "--local", "--tracking-uri", "http://127.0.0.1:9").code == 0


def test_a_store_that_takes_nothing_is_told(old: Old, shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said to be gone is gone."""
    old.send(shared, monkeypatch)
    monkeypatch.setattr(MlflowClient, "log_text", lambda *_: None)
    outcome = old.scrub("--yes", "--tracking-uri", shared)
    assert outcome.code == 1
    assert "could not be replaced: it was sent, and the old one is still there" in outcome.err
    assert leaks(old.workspace.root) == []


def test_a_record_that_cannot_be_read_is_told_and_the_rest_is_cleaned(old: Old) -> None:
    broken = old.workspace.root / "executions" / "broken"
    broken.mkdir()
    (broken / "execution.json").write_text("{")
    (broken / PATCH).write_text(old.patch)
    outcome = old.scrub("--yes")
    assert outcome.code == 1
    assert f"{broken / 'execution.json'}: can't be read" in outcome.err
    assert leaks(old.workspace.root) == []


def test_what_an_earlier_version_recorded_is_cleaned_before_it_is_sent(old: Old) -> None:
    uri = old.workspace.mlflow_uri
    assert ablations("sync", old.workspace.root, "--no-models").code == 0
    assert leaks(old.workspace.mlartifacts) == []
    assert artifact(uri, old.workspace.root / "sent") == cleaned(old.patch + "\n").text
    (record,) = old.workspace.root.glob("executions/*/execution.json")
    assert json.loads(record.read_text())["provenance"]["patch"] == old.patch  # here it stays until `scrub`
