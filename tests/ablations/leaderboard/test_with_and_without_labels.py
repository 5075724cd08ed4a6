"""A study that asks whether labels help: its arms with and without them stand in one table, and get a verdict."""

from pathlib import Path
from typing import Any

import pytest

from ablations.execution.floors import make_floors
from ablations.leaderboard import leaderboard_of
from ablations.leaderboard.context import read_context
from ablations.results.results import read_results
from gan_core import journal
from gan_core.problems import UserError
from gan_core.train import train
from tests.ablations.tiny import tiny_study, tiny_trials

SETTINGS: dict[str, Any] = {"budget_kimg": 0.02, "progress_evaluations": 1, "full_samples": 600}
BY_CLASS = {"labels": {"conditional": True, "metrics": ["fid", "is", "class_fid"]}}


def test_arms_with_and_without_labels_are_ranked_together(home: Path, tmp_path: Path) -> None:
    trials = tiny_trials(tmp_path, seeds=2, tricks=BY_CLASS, **SETTINGS)
    for trial in trials:
        trial.write_record()
        for _ in journal.recorded(train(trial.config, trial.directory, home), trial.directory):
            pass
    root = tmp_path / "tiny"
    make_floors([trial.config.plain() for trial in trials[:2]], root, home, "cpu")
    (table,) = leaderboard_of(read_results(root), contexts={"tiny": read_context(root)}).tables
    rows = {row.arm: row for row in table.rows}
    assert {row.rank for row in table.rows} == {1, 2}
    comparison = rows["labels"].comparison
    assert comparison is not None
    assert comparison.contrast.effect.n == 2
    assert rows["labels"].verdict in ("helps", "hurts", "can't tell", "no difference")
    assert "class_fid" in table.stamps
    assert table.mixed == ()
    assert rows["labels"].metrics["class_fid"].over_seeds.n == 2
    assert rows["baseline"].metrics["class_fid"].over_seeds.n == 0
    # One line for real images and one for noise, with the metrics of all arms
    assert sorted(floor.name for floor in table.floors) == ["real images", "uniform noise"]
    assert all({"fid", "is", "class_fid"} <= floor.scores.keys() for floor in table.floors)


def test_a_score_by_class_in_an_arm_without_labels_is_refused_once(tmp_path: Path) -> None:
    labels = {"labels": {"conditional": True}, "others": {"conditional": True, "conditioning_d": "auxiliary"}}
    with pytest.raises(UserError) as refused:
        tiny_study(tmp_path, tricks=labels, metrics=["fid", "class_fid"], **SETTINGS)
    (problem,) = refused.value.problems
    assert "class_fid: a score by class needs a G that is told which class to draw" in str(problem)
    assert "or the metric only beside that" in str(problem)
