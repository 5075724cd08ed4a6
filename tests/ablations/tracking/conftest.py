"""One real SQLite store for all tests of a process: a fresh one takes seconds to make."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ablations.workspace.execution_record import Execution
from ablations.workspace.provenance import Provenance
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Ticked

PROVENANCE = Provenance(
    commit="c0ffee",
    branch="trunk",
    dirty=True,
    patch="-one\n+two",
    user="alice",
    host="here",
    command="ablations run tiny.yaml",
    versions={"torch": "0"},
)


@dataclass(frozen=True)
class Place:
    """Where a test's tracker sends to. `experiment` is the test's own."""

    uri: str
    experiment: str
    artifacts: Path
    client: Any

    def tracker(self) -> Any:
        from ablations.tracking.mlflow.tracker import MlflowTracker

        return MlflowTracker(self.uri, self.experiment, self.artifacts)

    def runs(self) -> dict[str, Any]:
        """All runs of the experiment by name; those of executions by their design."""
        found = self.client.get_experiment_by_name(self.experiment)
        runs = self.client.search_runs([found.experiment_id])
        named = {run.info.run_name if "arm" in run.data.params else "parent": run for run in runs}
        assert len(named) == len(runs)
        return named

    def history(self, run: Any) -> dict[str, list[tuple[int, float, int]]]:
        """Every point of every metric of a run: (step, value, time in ms), by step."""
        points = {name: self.client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
        return {name: sorted((m.step, m.value, m.timestamp) for m in ms) for name, ms in points.items()}

    def pictures(self, run: Any) -> list[str]:
        """Paths under images/."""
        return [info.path for info in self.client.list_artifacts(run.info.run_id, "images")]


def ticks(events: list[AnyEvent], name: str) -> list[tuple[int, float, int]]:
    """What a metric's points should be: (step, value, time in ms)."""
    return [(e.images, e.means[name], round(e.time * 1000)) for e in events if isinstance(e, Ticked)]


@pytest.fixture(scope="session")
def store_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture
def place(
    store_uri: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    from mlflow import MlflowClient

    monkeypatch.chdir(tmp_path)
    yield Place(store_uri, request.node.name, tmp_path / "files", MlflowClient(store_uri, registry_uri=store_uri))
    assert not list(tmp_path.glob("mlruns*"))  # nothing beside the store that was asked for
    assert not list(tmp_path.glob("*.db"))


@pytest.fixture
def execution_of(tmp_path: Path) -> Any:
    """Make an execution of these trials."""

    def make(*trials: Trial) -> Execution:
        study_file = tmp_path / "tiny.yaml"
        study_file.write_text("question: which\n")
        return Execution("tiny", "one-in", tmp_path, trials, study_file, PROVENANCE)

    return make
