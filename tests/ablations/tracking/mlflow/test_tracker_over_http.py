"""The same over HTTP, with MLflow's own server, started as `ablations ui` starts it."""

import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ablations.tracking.mlflow.store import open_store
from ablations.tracking.mlflow.tracker import MlflowTracker
from ablations.tracking.mlflow.ui import ui_command
from ablations.workspace.execution_record import Execution
from ablations.workspace.identity import own_identity
from tests.ablations.journals import make_arm, make_trial, story, write
from tests.ablations.ports import free_port
from tests.ablations.tracking.conftest import Place, ticks

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    (tmp_path / "server").mkdir()
    command = ui_command(f"sqlite:///{tmp_path}/server/mlflow.db", tmp_path / "server" / "files", port)
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path / "server"
    ) as child:
        deadline = time.monotonic() + 120
        while not _answers(address):
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.5)
        yield address
        child.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_over_http(server: str, execution_of: Callable[..., Execution], tmp_path: Path) -> None:
    from mlflow import MlflowClient

    trial = make_trial(tmp_path, make_arm("baseline"), 0)
    events = list(story(trial, 20.0))
    write(trial, events)
    tracker = MlflowTracker(server, "over http", None)
    tracker.begin(execution_of(trial))
    tracker.start()
    tracker.notify(trial)
    assert tracker.close(60) == ""
    place = Place(server, "over http", tmp_path, MlflowClient(server, registry_uri=server))
    run = place.runs()["baseline-seed0"]
    assert place.history(run)["loss_d"] == ticks(events, "loss_d")
    assert len(place.pictures(run)) == 2 * 5
    assert run.info.status == "FINISHED"


def test_each_folder_has_an_experiment_of_its_own(server: str, tmp_path: Path) -> None:
    roots = [tmp_path / person / "tiny" for person in ("alice", "bob")]
    for root in roots:
        root.mkdir(parents=True)
    first, second = (open_store(server, "tiny", None, root) for root in roots)
    names = [store.client.get_experiment(store.experiment_id).name for store in (first, second)]
    assert names == ["tiny", f"tiny@{own_identity(roots[1]).id[:4]}"]
    assert (first.notice, "belongs to another folder" in second.notice) == ("", True)
    again = [open_store(server, "tiny", None, root).experiment_id for root in roots]
    assert again == [first.experiment_id, second.experiment_id]
