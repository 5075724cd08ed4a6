"""A real MLflow server that tests start, kill and start again, and what a study left in it."""

import os
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ablations.tracking.mlflow.ui import ui_command
from ablations.tracking.points import points_of
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Sampled
from tests.ablations.ports import free_port


class Server:
    """MLflow's own server, with SQLite, its files served by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = ui_command(f"sqlite:///{self.folder}/mlflow.db", self.folder / "files", self.port)
        root = command.index("--default-artifact-root")
        command[root : root + 2] = ["--artifacts-destination", str(self.folder / "files")]
        self._child = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING")},
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while not self.answers():
            assert time.monotonic() < deadline
            assert self._child.poll() is None
            time.sleep(0.3)

    def kill(self) -> None:
        """At once, its workers too."""
        assert self._child is not None
        os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def assert_all_there_once(client: Any, experiment: str, root: Path, timed: Collection[str] = ()) -> dict[str, int]:
    """Every trial of the study in `root` is in the store as its journal has it. Gives how much was compared.

    `timed`: metrics that are compared by their steps alone. Of a run whose process was killed the store may have the
    seconds of before, and the journal those of after it went on from its checkpoint.
    """
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    runs = {run.info.run_name: run for run in found if "arm" in run.data.params}
    parents = [run for run in found if "arm" not in run.data.params]
    folders = sorted((root / "trials").iterdir())
    recorded = list(root.glob("executions/*/execution.json"))  # one killed before that has told nobody of itself
    assert len(found) == len(runs) + len(parents) == len(folders) + len(recorded)
    counted: Counter[str] = Counter()
    for folder in folders:
        run = runs[folder.name.rpartition("-")[0]]
        events = journal.read(folder)
        assert isinstance(events[-1], Finished)
        assert (run.info.status, run.data.tags["outcome"]) == ("FINISHED", events[-1].status)
        assert run.data.tags["mlflow.parentRunId"] in {parent.info.run_id for parent in parents}
        counted += _points(client, run, events, timed)
        counted += _files(client, run, folder, events)
    return dict(counted)


def _points(client: Any, run: Any, events: list[AnyEvent], timed: Collection[str]) -> Counter[str]:
    expected: dict[str, list[tuple[int, float]]] = {}
    for point in points_of(events, events[0].config["budget_kimg"]):  # type: ignore[union-attr]
        expected.setdefault(point.name, []).append((point.step, point.value))
    names = [name for name in run.data.metrics if not name.startswith("system/")]
    there = {name: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, name)] for name in names}
    for points in (there, expected):
        for name in timed:
            points[name] = [(step, 0.0) for step, _ in points.get(name, [])]
    assert {name: sorted(points) for name, points in there.items()} == {n: sorted(p) for n, p in expected.items()}
    system = client.get_metric_history(run.info.run_id, "system/rss_mb")
    assert [m.step for m in system] == list(range(len(system)))
    return Counter(metrics=len(there), points=sum(map(len, there.values())), looks_at_the_machine=len(system))


def _files(client: Any, run: Any, folder: Path, events: list[AnyEvent]) -> Counter[str]:
    run_id = run.info.run_id
    names = [info.path for info in client.list_artifacts(run_id, "images")]
    grids = sum(isinstance(event, Sampled) for event in events)
    for suffix in (".png", "+compressed.webp"):
        steps = [name.split("+step+")[1].split("+")[0] for name in names if name.endswith(suffix)]
        assert len(steps) == len(set(steps)) == grids
    assert len(names) == 2 * grids
    (inputs,) = run.inputs.dataset_inputs
    assert inputs.dataset.digest == events[0].data_digest  # type: ignore[union-attr]
    files = {info.path for info in client.list_artifacts(run_id)}
    assert {"config.json", "events.jsonl", "show"} <= files
    kept = Path(client.download_artifacts(run_id, "events.jsonl"))
    assert kept.read_bytes() == (folder / "events.jsonl").read_bytes()
    drawn = {info.path for info in client.list_artifacts(run_id, "show")}
    assert drawn == {f"show/{path.name}" for path in (folder / "show").iterdir()}
    return Counter(pictures=grids, files=len(files) + len(drawn))
