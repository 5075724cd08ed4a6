"""What a study will cost: the arithmetic, and one real measurement."""

from pathlib import Path

import pytest

from ablations.execution.estimate import ArmCost, arm_costs, study_seconds
from gan_core.machine.resources import Resources
from tests.ablations.tiny import TRICKS, tiny_study, tiny_trials


def costs(**seconds: float) -> dict[str, ArmCost]:
    return {arm: ArmCost(arm, 1, total * 0.75, total * 0.25) for arm, total in seconds.items()}


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        (1, 2 * (10 + 4)),
        (2, 10 + 4),  # the first place: baseline, ttur; the second: ttur, baseline
        (4, 10),
        (9, 10),
    ],
)
def test_each_trial_goes_to_the_place_that_gets_free_first(tmp_path: Path, workers: int, expected: float) -> None:
    trials = tiny_trials(tmp_path, seeds=2)  # baseline, ttur, baseline, ttur
    seconds = study_seconds(trials, costs(baseline=10, ttur=4), Resources(workers, 1, ("cpu",)))
    assert seconds == pytest.approx(expected)


def test_nothing_left_takes_no_time() -> None:
    assert study_seconds([], {}, Resources(2, 1, ("cpu",))) == 0


def test_nothing_to_measure_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.execution.estimate.fork_server", None)
    assert arm_costs([], Resources(2, 1, ("cpu",))) == {}


def test_a_measurement(tmp_path: Path) -> None:
    """More steps and more fakes cost in proportion; an arm that diverges is measured too."""
    arms = {"wild": {"lr_g": 1e30, "lr_d": 1e30}, **TRICKS}
    sizes = {"budget_kimg": 20, "progress_evaluations": 10, "progress_samples": 1000, "full_samples": 5000}
    study = tiny_study(tmp_path, tricks=arms, **sizes)
    measured = arm_costs(study.arms, Resources(2, 1, ("cpu",)), seconds=0.2)
    assert list(measured) == ["baseline", "wild", "ttur"]
    for cost in measured.values():
        assert cost.steps == 2000
        assert 0.0001 < cost.training_s / cost.steps < 1
        assert 0.000001 < cost.scoring_s / 20_000 < 0.1
        assert cost.total_s == cost.training_s + cost.scoring_s
