"""Trials: their order, their folders, and how far each is."""

from pathlib import Path
from typing import Literal

import pytest

from ablations.study.study import Study, load_study
from ablations.workspace.trial_record import RECORD, read_trial_record
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import Finished, Saved
from gan_core.problems import UserError

STUDIES = Path(__file__).parents[3] / "studies"
TEXT = """\
question: q
design: one-in
seeds: [5, 2]
baseline: {data: shapes, width: 8}
tricks:
  half: {dropout: 0.5}
  ttur: {lr_d: 4e-4}
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    return load_study(path)


@pytest.fixture
def trial(study: Study, tmp_path: Path) -> Trial:
    return trials_of(study, tmp_path / "mine")[1]


def _saved(trial: Trial, seq: int) -> None:
    journal.append(trial.directory, Saved(seq=seq, time=0, step=seq, images=seq, wall_s=0, path="checkpoint.pt"))


def _finished(trial: Trial, seq: int, status: Literal["finished", "diverged", "failed"]) -> None:
    journal.append(trial.directory, Finished(seq=seq, time=0, step=seq, images=seq, wall_s=0, status=status))


def test_seed_by_seed_and_each_in_its_own_folder(study: Study, tmp_path: Path) -> None:
    trials = trials_of(study, tmp_path / "runs" / "mine")
    assert [trial.name for trial in trials] == [
        "baseline-seed5",
        "half-seed5",
        "ttur-seed5",
        "baseline-seed2",
        "half-seed2",
        "ttur-seed2",
    ]
    assert [trial.config.seed for trial in trials] == [5, 5, 5, 2, 2, 2]
    assert trials[4].config.trick("dropout").p == 0.5
    assert len({trial.directory for trial in trials}) == 6
    assert {trial.directory.parent for trial in trials} == {tmp_path / "runs" / "mine" / "trials"}
    assert not (tmp_path / "runs").exists()


def test_the_record_survives_the_disk(trial: Trial) -> None:
    trial.write_record()
    record = read_trial_record(trial.directory)
    assert record == trial.record()
    assert (record.study, record.arm, record.seed) == ("mine", "half", 5)
    assert record.factors == {"half": True, "ttur": False}
    assert list(trial.directory.iterdir()) == [trial.directory / RECORD]  # no temporary file is left


def test_progress_of_a_life(trial: Trial) -> None:
    assert progress_of(trial) == "new"
    trial.write_record()
    assert progress_of(trial) == "new"
    _saved(trial, 0)
    assert progress_of(trial) == "interrupted"
    _finished(trial, 1, "failed")
    assert progress_of(trial) == "failed"
    _saved(trial, 1)  # tried again, from the checkpoint
    assert progress_of(trial) == "interrupted"
    _finished(trial, 2, "finished")
    assert progress_of(trial) == "finished"


def test_divergence_is_an_end(trial: Trial) -> None:
    trial.write_record()
    _finished(trial, 0, "diverged")
    assert progress_of(trial) == "diverged"


def test_a_torn_last_line_is_an_interruption(trial: Trial) -> None:
    trial.write_record()
    _saved(trial, 0)
    with open(trial.directory / journal.NAME, "a") as file:
        file.write('{"seq": 1, "kind": "finis')
    assert progress_of(trial) == "interrupted"


def test_a_folder_of_another_configuration_is_never_used(study: Study, trial: Trial, tmp_path: Path) -> None:
    other = trials_of(study, tmp_path / "mine")[2]
    other.write_record()
    _finished(other, 0, "finished")
    other.directory.rename(trial.directory)
    message = f"the run of another configuration .{other.config.fingerprint()}.; allowed: to move that folder away"
    with pytest.raises(UserError, match=message):
        progress_of(trial)


def test_a_folder_that_says_not_whose_it_is(trial: Trial) -> None:
    trial.write_record()
    _saved(trial, 0)
    (trial.directory / RECORD).write_text("{")
    with pytest.raises(UserError, match=r"trial\.json: can't be read"):
        progress_of(trial)
    (trial.directory / RECORD).unlink()
    with pytest.raises(UserError, match=r"a journal without trial\.json"):
        progress_of(trial)


@pytest.mark.parametrize("file", sorted(STUDIES.rglob("*.yaml")), ids=lambda file: str(file.relative_to(STUDIES)))
def test_a_trial_is_its_arms_words_with_the_seed(file: Path, tmp_path: Path) -> None:
    trials = trials_of(load_study(file), tmp_path)
    assert trials
    for trial in trials:
        expected = resolve({**trial.arm.settings, "seed": trial.seed})
        assert trial.config == expected
        assert trial.directory.name.endswith(f"-{expected.fingerprint()[:8]}")
