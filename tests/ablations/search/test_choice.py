"""Which arms of a search are confirmed, from made-up journals."""

import math
from pathlib import Path

import pytest

from ablations.search.choice import best_arms
from tests.ablations.journals import ARMS, Status, make_trial, story


@pytest.mark.parametrize(
    ("fid", "status"), [(7.0, "diverged"), (math.nan, "finished"), (math.inf, "finished"), (-math.inf, "finished")]
)
def test_an_arm_with_a_seed_that_came_to_no_finite_number_comes_after_the_others(
    fid: float, status: Status, tmp_path: Path
) -> None:
    """Its other seed has the best FID of all."""
    runs = [("ttur", 0, 7.0, "finished"), ("ttur", 1, fid, status), ("dropout", 0, 9.0, "finished")]
    trials, journals = [], {}
    for arm, seed, value, end in runs:
        trial = make_trial(tmp_path, ARMS[arm], seed)
        trials.append(trial)
        journals[trial.name] = list(story(trial, value, end))  # type: ignore[arg-type]
    assert best_arms(trials, journals) == ["dropout", "ttur"]
