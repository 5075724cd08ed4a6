"""Everything that simulated places report is entered once, and the figures add up."""

from pathlib import Path

import pytest

from ablations.results.results import read_results
from benchmarks import parent_run, parent_samples
from benchmarks.parent import Demand, Kept, demands, measure, table
from benchmarks.parent_figure import draw, smooth
from benchmarks.simulated import EVENTS


def test_a_tiny_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(parent_samples, "EVERY_S", 0.1)
    monkeypatch.setattr(parent_run, "machine_home", lambda: home)
    kept, samples = measure(Demand(trials=8, places=3, seconds=0.0, tracked=False), tmp_path)
    results = read_results(tmp_path / "runs" / "many")
    assert (kept.trials, len(results)) == (8, 8)
    lost = sum(result.status == "diverged" for result in results)
    assert kept.reports == 8 * EVENTS - 5 * lost  # those after the last score on the way
    assert kept.warnings == ()
    assert samples[-1].ended == 8
    assert samples[-1].reports == kept.reports
    assert sum(sample.reports_a_s for sample in samples) > 0
    draw({"tiny": samples}, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0


def test_the_table() -> None:
    kept = Kept(Demand(100, 10, 0.0, True), 100, 1500, 1.0, 20.0, 2.0, 5.0, 30.0, 0.1, 0.5, 700.0, 7, ())
    assert (kept.trials_a_s, kept.events_a_s, kept.overhead_s, kept.cost_s) == (5.0, 75.0, 0.3, 0.05)
    line = table([kept]).splitlines()[-1]
    assert line == "| as fast as it can, MLflow | 5.0 | 75 | 0.300 | 50.0 | 0.100 | 0.50 | 700 | 1.0 | 2.0 | 7 |"


def test_demands() -> None:
    names = [demand.name for demand in demands(9, 3, "0,60", ["offline", "mlflow"])]
    assert names == ["flat_out_offline", "flat_out_mlflow", "60s_mlflow"]


def test_smooth() -> None:
    assert smooth([2.0, 4.0, 6.0]) == [2.0, 3.0, 4.0]
