"""How far a study is: numbers from reports."""

from pathlib import Path

import pytest

from ablations.execution.progress import StudyProgress
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Evaluated, Finished, Ticked
from gan_core.workers.job import STOPPED, Report
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_trials

BUDGET = 300_000  # images, of each of the four trials


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def trials(tmp_path: Path) -> tuple[Trial, ...]:
    return tiny_trials(tmp_path, seeds=2, budget_kimg=BUDGET / 1000)


def tick(images: int) -> Ticked:
    return Ticked(seq=1, time=0, step=0, images=images, wall_s=0, means={}, dose={}, images_per_s=123.0)


def end(images: int, status: str = "finished") -> Finished:
    return Finished.model_validate(
        {"seq": 9, "time": 0, "step": 0, "images": images, "wall_s": 0, "status": status, "reason": "why"}
    )


def progress_of(trials: tuple[Trial, ...], *journals: list[AnyEvent]) -> tuple[StudyProgress, Clock]:
    """The progress with these journals of the first trials."""
    every = [*journals, *[[]] * (len(trials) - len(journals))]
    progress = StudyProgress.of(trials, {t.name: events for t, events in zip(trials, every, strict=True)})
    clock = Clock()
    progress.clock = clock
    return progress, clock


def test_fresh(trials: tuple[Trial, ...]) -> None:
    progress, _ = progress_of(trials)
    assert (progress.images, progress.budget_images) == (0, 4 * BUDGET)
    assert progress.seconds_left is None
    assert not progress.is_done


def test_the_pace_is_that_of_this_execution(trials: tuple[Trial, ...]) -> None:
    progress, clock = progress_of(trials, [end(BUDGET)], [tick(200_000)])
    assert progress.done == {trials[0].name}
    assert progress.images == BUDGET + 200_000
    clock.now = 500.0  # opening stores, starting processes
    progress.enter(Report(trials[1].name, tick(200_000)))
    assert progress.seconds_left is None
    clock.now = 510.0
    progress.enter(Report(trials[1].name, tick(250_000)))
    assert progress.images == BUDGET + 250_000
    assert progress.seconds_left == pytest.approx(10 * (50 + 600) / 50)


def test_a_trial_that_goes_on_from_an_older_checkpoint(trials: tuple[Trial, ...]) -> None:
    progress, clock = progress_of(trials[:1], [tick(200_000)])
    for second in range(3):
        clock.now = 100.0 + second
        progress.enter(Report(trials[0].name, tick(100_000 + 1000 * second)))
    assert progress.images == 102_000
    assert progress.seconds_left == pytest.approx(198)


def test_a_row_for_each_running_trial(trials: tuple[Trial, ...]) -> None:
    progress, _ = progress_of(trials)
    seen: set[tuple[float | None, float | None]] = set()
    for event in story(trials[0], 7.0):
        progress.enter(Report(trials[0].name, event))
        for row in progress.running.values():
            assert (row.name, row.images, row.budget_images) == (trials[0].name, event.images, BUDGET)
            seen.add((row.images_per_s, row.fid))
            if isinstance(event, Evaluated):
                assert row.fid == event.scores[0].value
    assert {(None, None), (100.0, None), (100.0, 7.0)} < seen
    assert progress.running == {}
    assert progress.done == {trials[0].name}
    assert progress.images == BUDGET  # whatever it saw: it is done


def test_stopped_diverged_failed_died(trials: tuple[Trial, ...]) -> None:
    progress, clock = progress_of(trials)
    for trial in trials:
        progress.enter(Report(trial.name, tick(0)))
        progress.enter(Report(trial.name, tick(1000)))
    stopped, diverged, failed, died = (trial.name for trial in trials)
    progress.enter(Report(stopped, left=STOPPED))
    progress.enter(Report(diverged, end(1000, "diverged")))
    progress.enter(Report(failed, end(1000, "failed")))
    progress.enter(Report(died, left="its process ended with exit code 1"))
    assert progress.running == {}
    assert progress.done == {diverged}
    assert progress.failed == {failed: "why", died: "its process ended with exit code 1"}
    assert not progress.is_done
    clock.now += 4
    assert progress.seconds_left == pytest.approx(299)  # the stopped one alone: what failed is not tried again now


def test_failed_before_is_not_done(trials: tuple[Trial, ...]) -> None:
    progress, _ = progress_of(trials[:2], [end(1000, "failed")], [end(1000, "diverged")])
    assert progress.done == {trials[1].name}
    assert progress.failed == {}
    assert progress.images == BUDGET + 1000
