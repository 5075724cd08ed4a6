"""Which trials the looks of a study ask for: so far, at each look to come, and of arms that have stopped."""

from pathlib import Path

import pytest

from ablations.study.study import Study, load_study
from ablations.workspace.due_trials import due_trials, looks_ahead, stopped_arms
from ablations.workspace.looks_taken import LookTaken, write_looks_taken
from ablations.workspace.trials import trials_of
from tests.ablations.journals import story, write
from tests.ablations.tiny import write_study

ARMS = ["baseline", "ttur", "wide"]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    path = write_study(tmp_path, tricks={"ttur": {"lr_d": 8e-4}, "wide": {"width": 5}})
    path.write_text(path.read_text().replace('"seeds": 1', '"seeds": {"looks": [2, 3, 5]}'))
    return load_study(path)


def train(study: Study, root: Path, seeds: int, arms: list[str] = ARMS) -> None:
    for trial in trials_of(study, root):
        if trial.seed < seeds and trial.arm.name in arms and not trial.directory.exists():
            trial.write_record()
            write(trial, list(story(trial, 7.0)))


def take(root: Path, *going_on: list[str]) -> None:
    counts = (2, 3, 5)
    looks = [
        LookTaken(look=number, seeds=seeds, time=0, said=(), going_on=tuple(arms))
        for number, (seeds, arms) in enumerate(zip(counts, going_on, strict=False), start=1)
    ]
    write_looks_taken(root, tuple(looks))


def test_before_anything_ran(study: Study, tmp_path: Path) -> None:
    ahead = looks_ahead(study, tmp_path)
    assert [(look.number, look.seeds, len(look.trials)) for look in ahead] == [(1, 2, 6), (2, 3, 3), (3, 5, 6)]
    assert ahead[0].trials == due_trials(study, tmp_path)
    assert stopped_arms(study, tmp_path) == {}


def test_what_is_left_of_a_look_that_was_begun(study: Study, tmp_path: Path) -> None:
    train(study, tmp_path, 2)
    take(tmp_path, ["baseline", "ttur"])
    train(study, tmp_path, 3, ["ttur"])
    ahead = looks_ahead(study, tmp_path)
    assert [(look.number, [trial.name for trial in look.trials]) for look in ahead] == [
        (2, ["baseline-seed2"]),
        (3, ["baseline-seed3", "ttur-seed3", "baseline-seed4", "ttur-seed4"]),
    ]
    assert stopped_arms(study, tmp_path) == {"wide": 2}


def test_an_arm_is_said_to_have_stopped_where_it_did(study: Study, tmp_path: Path) -> None:
    train(study, tmp_path, 3)
    take(tmp_path, ["baseline", "ttur"], [])
    assert stopped_arms(study, tmp_path) == {"wide": 2, "baseline": 3, "ttur": 3}
    assert looks_ahead(study, tmp_path) == ()


def test_after_the_last_look_nobody_has_stopped_early(study: Study, tmp_path: Path) -> None:
    train(study, tmp_path, 5)
    take(tmp_path, ARMS, ARMS, [])
    assert (stopped_arms(study, tmp_path), looks_ahead(study, tmp_path)) == ({}, ())
