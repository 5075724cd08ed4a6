"""What is counted as training is training, and all parts of a command's time add up to it."""

import json
from pathlib import Path

import pytest

from ablations.study.study import load_study
from benchmarks.overhead import Overhead, bare_seconds, measure, table
from benchmarks.study_runs import MAIN, spread, trial_time, write_study
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import Evaluated, Finished
from gan_core.train import train

TINY = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "batch_size": 20,
    "budget_kimg": 0.4,
    "progress_evaluations": 2,
    "progress_samples": 20,
    "full_samples": 40,
}


def test_the_parts_of_a_trial(home: Path, tmp_path: Path) -> None:
    events = list(journal.recorded(train(resolve(TINY), tmp_path, home), tmp_path))
    time_of = trial_time(tmp_path)
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.evaluation_s is not None
    assert time_of.steps == 20
    assert time_of.span_s == pytest.approx(end.wall_s, abs=0.05)  # no pictures were drawn
    assert 0 < time_of.training_s < time_of.span_s
    assert time_of.progress_s + time_of.final_s == pytest.approx(
        sum(event.seconds for event in events if isinstance(event, Evaluated))
    )
    assert time_of.progress_s + time_of.final_s < end.evaluation_s == time_of.evaluation_s
    assert 0 < time_of.other_s < time_of.span_s - time_of.training_s


def test_the_bare_loop_takes_all_steps() -> None:
    short, long = (bare_seconds(resolve({**TINY, "budget_kimg": kimg}), threads=1) for kimg in (0.1, 2.0))
    assert long > 3 * short


def test_shares() -> None:
    row = Overhead(4, 1, 8.0, 9.0, 0.3, 0.5, 0.2, 0.0, 0.0, 6.0)
    assert row.trial_s == pytest.approx(10)
    assert row.share == pytest.approx(0.2)
    assert row.share_within == pytest.approx(0.1)
    assert row.share_of_command == pytest.approx(0.5)
    assert not row.reached
    assert "20.0% of a trial (each repeat: 20.0%); goal: under 12%, not reached" in table([row])


def test_some_arms_of_the_main_study_are_the_same_arms(tmp_path: Path) -> None:
    study = load_study(MAIN)
    arms = spread(study, 5)
    assert (arms[0], arms[-1]) == (study.arms[0], study.arms[-1])
    written = load_study(write_study(study, arms, 3, tmp_path, {"more": {"beta1": 0.4}}))
    assert [arm.config for arm in written.arms[:5]] == [arm.config for arm in arms]
    assert written.arms[5].config == resolve({**study.baseline, "beta1": 0.4})
    assert written.seeds == (0, 1, 2)
    with pytest.raises(SystemExit, match="17 were asked for"):
        spread(study, 17)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_command_from_start_to_end(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    study = {"question": "?", "design": "one-in", "seeds": 3, "baseline": TINY, "tricks": {"ttur": {"lr_d": 8e-4}}}
    path.write_text(json.dumps(study))  # which is YAML
    (row,) = measure(seeds=1, study=path)
    assert row.trials == 2
    parts = (row.bare_s, row.training_s, row.progress_s, row.final_s, row.pictures_s, row.other_s, row.parent_s)
    assert min(parts) > 0
    assert row.training_s < row.trial_s
