"""Evaluation's share of the wall time, from journals."""

import math
from pathlib import Path

import pytest

from ablations.leaderboard.rows import evaluation_share, says_share
from ablations.results.results import read_results
from gan_core.events import Finished
from tests.ablations.journals import make_arm, make_trial, story, write


def trial_that_took(root: Path, seed: int, wall_s: float, evaluation_s: float | None) -> None:
    trial = make_trial(root, make_arm("baseline"), seed)
    *events, end = story(trial, 5.0)
    assert isinstance(end, Finished)
    write(trial, [*events, end.model_copy(update={"wall_s": wall_s, "evaluation_s": evaluation_s})])


def test_it_is_of_all_trials_together_and_unknown_ones_are_left_out(tmp_path: Path) -> None:
    trial_that_took(tmp_path, 0, 90.0, 3.0)
    trial_that_took(tmp_path, 1, 10.0, 4.0)
    trial_that_took(tmp_path, 2, 1000.0, None)
    results = read_results(tmp_path)
    assert evaluation_share(results) == pytest.approx(0.07)
    assert says_share(evaluation_share(results)) == "evaluation took 7 % of the training's wall time"


def test_a_large_share_comes_with_what_would_lower_it(tmp_path: Path) -> None:
    trial_that_took(tmp_path, 0, 10.0, 4.0)
    text = says_share(evaluation_share(read_results(tmp_path)))
    assert text.startswith("evaluation took 40 % of the training's wall time; fewer progress_evaluations")


def test_older_journals_say_nothing(tmp_path: Path) -> None:
    trial_that_took(tmp_path, 0, 10.0, None)
    share = evaluation_share(read_results(tmp_path))
    assert math.isnan(share)
    assert says_share(share) == ""
