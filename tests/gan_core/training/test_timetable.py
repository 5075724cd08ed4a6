"""When what happens."""

from itertools import pairwise

import pytest

from gan_core.config import resolve
from gan_core.training.timetable import Kind, moments, total_steps


def steps_of(kind: Kind, **settings: object) -> list[int]:
    return [moment.step for moment in moments(resolve(settings)) if moment.kind == kind]


def test_budget_is_images() -> None:
    assert total_steps(resolve({"budget_kimg": 1.0, "batch_size": 10})) == 100
    assert total_steps(resolve({"budget_kimg": 1.0, "batch_size": 64})) == 16
    assert total_steps(resolve({"budget_kimg": 0.001, "batch_size": 64})) == 1


def test_scores_at_each_tenth_and_the_full_ones_at_the_end() -> None:
    settings = {"budget_kimg": 10.0, "batch_size": 10}
    assert steps_of(Kind.EVALUATE, **settings) == list(range(100, 1001, 100))
    assert steps_of(Kind.SAMPLE, **settings) == [0, *range(100, 1001, 100)]
    assert [m.kind for m in moments(resolve(settings))[-3:]] == [Kind.EVALUATE_LAST, Kind.EVALUATE_BEST, Kind.FINISH]


def test_ticks_are_at_most_two_kimg_apart() -> None:
    ticks = steps_of(Kind.TICK, budget_kimg=1000.0, batch_size=100)
    assert max(b - a for a, b in pairwise(ticks)) == 20
    assert len(steps_of(Kind.TICK, budget_kimg=10.0, batch_size=10)) == 50


@pytest.mark.parametrize("budget", [0.001, 0.1, 3.3, 77.0])
def test_steps_never_go_back_and_end_at_the_budget(budget: float) -> None:
    plan = moments(resolve({"budget_kimg": budget}))
    assert [m.step for m in plan] == sorted(m.step for m in plan)
    assert plan[0].kind == Kind.START
    assert plan[-1].step == total_steps(resolve({"budget_kimg": budget}))


def test_steps_are_counted_in_whole_images() -> None:
    """8.05 kimg are 161 batches of 50 images, though 8.05 * 1000 / 50 is more than 161 in floating point."""
    assert total_steps(resolve({"budget_kimg": 8.05, "batch_size": 50})) == 161
    for images in range(50, 20_000, 37):
        for batch in (7, 32, 50, 64):
            config = resolve({"budget_kimg": images / 1000, "batch_size": batch})
            assert total_steps(config) == -(-images // batch)
