"""A study ends when different trials fail one after another, and says what they have in common."""

from pathlib import Path

import pytest

from ablations.execution.failures import FailureWatch
from ablations.workspace.trials import Trial
from gan_core.events import Finished
from gan_core.workers.job import STOPPED, Report
from tests.ablations.trials_of_arms import trials_under


def failed(trial: Trial, reason: str = "ValueError: no") -> Report:
    return Report(trial.name, _end("failed", reason))


def _end(status: str, reason: str = "") -> Finished:
    return Finished.model_validate(
        {"seq": 0, "time": 0.0, "step": 0, "images": 0, "wall_s": 0.0, "status": status, "reason": reason}
    )


@pytest.fixture
def trials(tmp_path: Path) -> tuple[Trial, ...]:
    return trials_under(tmp_path, seeds=3)


def test_different_trials_in_a_row(trials: tuple[Trial, ...]) -> None:
    watch = FailureWatch(3)
    for trial in trials[:2]:
        watch.enter(failed(trial), trial)
    watch.enter(failed(trials[0]), trials[0])  # the same again
    assert not watch.is_over
    assert watch.message == ""
    watch.enter(Report(trials[2].name, left="its process ended with exit code -11 (SIGSEGV)"), trials[2])
    assert watch.is_over
    assert "3 trials failed one after another" in watch.message
    assert "nothing is common to them, the last one had its process ended with exit code -11" in watch.message


@pytest.mark.parametrize("status", ["finished", "diverged", "pruned"])
def test_a_result_ends_the_row(status: str, trials: tuple[Trial, ...]) -> None:
    watch = FailureWatch(2)
    watch.enter(failed(trials[0]), trials[0])
    watch.enter(Report(trials[1].name, _end(status)), trials[1])
    watch.enter(failed(trials[2]), trials[2])
    assert not watch.is_over


def test_what_was_stopped_or_goes_on_has_not_failed(trials: tuple[Trial, ...]) -> None:
    watch = FailureWatch(1)
    watch.enter(Report(trials[0].name, left=STOPPED), trials[0])
    watch.enter(Report(trials[1].name, left="its process ended", again=True), trials[1])
    assert not watch.is_over


def test_what_they_have_in_common(trials: tuple[Trial, ...]) -> None:
    same_reason = FailureWatch(2)
    for trial in trials[:2]:
        same_reason.enter(failed(trial), trial)
    assert f"all with ValueError: no; seed {trials[0].seed};" in same_reason.message
    arm = trials[1].arm
    on = next(name for name, is_on in arm.factors.items() if is_on)
    same_arm = FailureWatch(2)
    for number, trial in enumerate([trial for trial in trials if trial.arm == arm][:2]):
        same_arm.enter(failed(trial, f"reason {number}"), trial)
    assert f"all with arm {arm.name};" in same_arm.message
    assert on in arm.name
