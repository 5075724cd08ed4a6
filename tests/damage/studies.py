"""Small studies whose files are damaged, put back for each case in one place: a folder knows where it lies."""

import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ablations.execution.session import ExecutionOptions, open_session
from ablations.executors.system_metrics import NAME as SAMPLES
from ablations.executors.system_metrics import SystemSample
from ablations.results.results import read_results
from ablations.study.study import load_study
from gan_core import journal
from gan_core.events import has_result
from gan_core.machine.home import machine_home
from gan_core.workers.job import Report
from tests.ablations.command import Outcome, ablations
from tests.ablations.tiny import write_study
from tests.damage.ways import WAYS


@dataclass(frozen=True)
class DamagedStudy:
    """A study under `folder`/runs, and a whole copy of its folder. `file`: the study file."""

    folder: Path
    file: Path

    @property
    def root(self) -> Path:
        return self.folder / "runs" / self.file.stem

    @property
    def whole(self) -> Path:
        return self.folder / "whole"

    def keep(self) -> None:
        """What is there now is the whole study."""
        shutil.copytree(self.root, self.whole)

    def damage(self, pattern: str, way: str) -> Path:
        """Restore the study, then damage the first file of this pattern; returns its path."""
        forget_stores()
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.whole, self.root)
        path = sorted(self.root.glob(pattern))[0]
        WAYS[way](path)
        return path

    def command(self, *words: object) -> Outcome:
        """A command about it, with this study's folder of runs."""
        return ablations(*words, "--runs", self.folder / "runs")

    def run(self, *words: object) -> Outcome:
        """`run` of it, in this process."""
        return self.command("run", self.file, "--executor", "inline", "--no-report", "--no-models", *words)

    def scores(self) -> dict[tuple[str, int], tuple[str, str | None]]:
        """By arm and seed: how the trial ended, and the digest of all that it computed."""
        return {(r.arm, r.seed): (r.status, r.summary.outcome) for r in read_results(self.root)}

    def whole_scores(self) -> dict[tuple[str, int], tuple[str, str | None]]:
        """The same of the undamaged study."""
        return {(r.arm, r.seed): (r.status, r.summary.outcome) for r in read_results(self.whole)}

    def in_ledger(self) -> Counter[tuple[str, float]]:
        """How often each fingerprint is in Optuna's ledger as complete."""
        with closing(sqlite3.connect(self.root / "optuna.db")) as ledger:
            found = ledger.execute(
                "SELECT a.value_json FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id "
                "WHERE a.key = 'fingerprint' AND t.state = 'COMPLETE'"
            )
            return Counter(value for (value,) in found)

    def in_store(self) -> Counter[str]:
        """How often each trial is in MLflow as a finished run."""
        with closing(sqlite3.connect(self.root / "mlflow.db")) as store:
            found = store.execute(
                "SELECT r.name FROM runs r JOIN tags t ON t.run_uuid = r.run_uuid "
                "WHERE t.key = 'ablations.trial' AND r.status = 'FINISHED' AND r.lifecycle_stage = 'active'"
            )
            return Counter(name for (name,) in found)


def finished_study(folder: Path) -> DamagedStudy:
    """Two arms, two seeds, all done, tracked."""
    study = DamagedStudy(folder, write_study(folder, seeds=2))
    outcome = study.command("run", study.file, "--executor", "inline")
    assert outcome.code == 0, outcome
    for trial in study.root.glob("trials/*"):  # it takes 10 s until there is a sample
        sample = SystemSample(time=0.0, cpu_percent=1.0, rss_mb=1.0)
        (trial / SAMPLES).write_text(f"{sample.model_dump_json()}\n" * 3)
    study.keep()
    return study


def interrupted_study(folder: Path) -> DamagedStudy:
    """The same, stopped in the middle of its second trial, which has a checkpoint; two more are to come."""
    study = DamagedStudy(folder, write_study(folder, seeds=2))
    options = ExecutionOptions(machine_home(), "inline", device="cpu", report=False, command=("run",))
    seen: list[Report] = []
    with open_session(load_study(study.file), folder / "runs", options) as session:

        def is_enough() -> bool:
            return len(session.progress.done) == 1 and sum(report.name == "ttur-seed0" for report in seen) > 12

        with closing(session.reports(is_enough, lambda text: None)) as reports:
            seen += reports
    done, begun = sorted(study.root.glob("trials/*"))
    assert has_result(journal.read(done))
    assert not has_result(journal.read(begun))
    assert (begun / "checkpoint.pt").exists()
    study.keep()
    return study


def offline_study(folder: Path) -> DamagedStudy:
    """Two arms, one seed, without MLflow and floors."""
    study = DamagedStudy(folder, write_study(folder))
    outcome = study.run("--offline", "--no-floors")
    assert outcome.code == 0, outcome
    study.keep()
    return study


def forget_stores() -> None:
    """Let MLflow open its databases anew: in a process it keeps connections to files that are no more."""
    if "mlflow" not in sys.modules:
        return
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.tracking._model_registry.registry import ModelRegistryStoreRegistry
    from mlflow.tracking._tracking_service.registry import TrackingStoreRegistry

    for engines in (SqlAlchemyStore._engine_map, Registry._engine_map):
        for engine in engines.values():
            engine.dispose()
        engines.clear()
    for registry in (TrackingStoreRegistry, ModelRegistryStoreRegistry):
        registry._get_store_with_resolved_uri.cache_clear()
