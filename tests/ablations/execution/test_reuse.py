"""What is trained once: the same configuration, data and code; and what is never taken over."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablations.execution.reuse import Twin, reusable, reuse_note, take_over, twins_of
from ablations.results.results import read_results
from ablations.results.table import results_table
from ablations.study.study import load_study
from ablations.workspace.trial_record import RECORD, read_trial_record
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core import journal
from gan_core.events import Started
from gan_core.machine.versions import code_digest, versions
from gan_core.training import training_data
from tests.ablations.journals import Status, story
from tests.ablations.tiny import write_study

DIGEST = "d"  # of the made-up journals


def trained(trial: Trial, status: Status = "finished", cut: int = 0, **changes: Any) -> Trial:
    """The trial as it would have been trained here; `changes` to its first event."""
    trial.write_record(code_digest())
    events = list(story(trial, 7.0, status))
    for event in events[: len(events) - cut]:
        if isinstance(event, Started):
            event = event.model_copy(update={"versions": versions(), **changes})
        journal.append(trial.directory, event)
    for name in ("best.safetensors", "grids/00000000.png", "mlflow.json", "checkpoint.pt"):
        (trial.directory / name).parent.mkdir(exist_ok=True)
        (trial.directory / name).write_text(name)
    return trial


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def first(tmp_path: Path, runs: Path) -> tuple[Trial, ...]:
    """Trials of a study that calls its arm otherwise."""
    study = load_study(write_study(tmp_path, seeds=2, tricks={"fast_d": {"lr_d": 8e-4}}), "first")
    return trials_of(study, runs / "first")


@pytest.fixture
def second(tmp_path: Path, runs: Path) -> tuple[Trial, ...]:
    study = load_study(write_study(tmp_path, seeds=2), "second")
    return trials_of(study, runs / "second")


def chosen(trials: tuple[Trial, ...], runs: Path, digest: str = DIGEST) -> dict[str, Twin]:
    digests = {training_data.key(trial.config): digest for trial in trials}
    return reusable(trials, twins_of(trials, runs), digests)


def test_whatever_the_arm_is_called(first: tuple[Trial, ...], second: tuple[Trial, ...], runs: Path) -> None:
    for trial in first[1:]:
        trained(trial)
    found = chosen(second, runs)
    assert list(found) == ["ttur-seed0", "baseline-seed1", "ttur-seed1"]
    assert found["ttur-seed0"].directory == first[1].directory
    assert reuse_note(found, 4) == "3 of 4 trials are there already, from study first"
    assert reuse_note({}, 4) == ""


def test_a_link_to_its_own_folder_is_no_other_study(first: tuple[Trial, ...], runs: Path) -> None:
    trained(first[1])
    (runs / "link").symlink_to(runs / "first")
    assert chosen(first, runs) == {}


def test_a_copy_of_the_study_is_named_by_its_folder(first: tuple[Trial, ...], runs: Path) -> None:
    trained(first[1])
    (runs / "first").rename(runs / "job")
    found = chosen(first, runs)
    assert reuse_note(found, 4) == "1 of 4 trials are there already, from study job"


def test_a_trial_that_was_taken_over(first: tuple[Trial, ...], second: tuple[Trial, ...], runs: Path) -> None:
    source, trial = trained(first[1]), second[1]
    take_over(trial, chosen(second, runs)[trial.name])
    assert progress_of(trial) == "finished"
    assert journal.read(trial.directory) == journal.read(source.directory)
    record = read_trial_record(trial.directory)
    assert (record.study, record.arm) == ("second", "ttur")
    assert record.reused_from == f"first/{source.directory.name}"
    files = {str(p.relative_to(trial.directory)) for p in trial.directory.rglob("*") if p.is_file()}
    assert files == {RECORD, journal.NAME, "best.safetensors", "grids/00000000.png"}
    (row,) = results_table(read_results([trial.directory])).to_dict("records")
    assert (row["arm"], row["status"], row["fid_best"]) == ("ttur", "finished", 7.0)
    with open(trial.directory / journal.NAME, "a") as file:  # its own: what is written here changes nothing there
        file.write("{")
    assert (source.directory / journal.NAME).read_text().endswith("\n")


def test_a_copy_of_a_copy_names_the_original(
    first: tuple[Trial, ...], second: tuple[Trial, ...], tmp_path: Path, runs: Path
) -> None:
    trained(first[1])
    take_over(second[1], chosen(second, runs)["ttur-seed0"])
    for path in first[1].directory.rglob("*"):
        if path.is_file():
            path.unlink()
    third = trials_of(load_study(write_study(tmp_path, seeds=2), "third"), runs / "third")
    found = chosen(third, runs)
    assert (found["ttur-seed0"].study, found["ttur-seed0"].origin) == ("second", f"first/{first[1].directory.name}")


def other_code(trial: Trial) -> None:
    record = json.loads((trial.directory / RECORD).read_text())
    (trial.directory / RECORD).write_text(json.dumps({**record, "code": "0123456789abcdef"}))


def no_code(trial: Trial) -> None:
    """As records were before they told."""
    record = json.loads((trial.directory / RECORD).read_text())
    new = ("code", "reused_from", "design", "reference", "previous")
    (trial.directory / RECORD).write_text(json.dumps({k: v for k, v in record.items() if k not in new}))
    assert read_trial_record(trial.directory).is_baseline is False


def unreadable(trial: Trial) -> None:
    (trial.directory / RECORD).write_text("{")


@pytest.mark.parametrize("change", [other_code, no_code, unreadable])
def test_never_of_other_code(
    first: tuple[Trial, ...], second: tuple[Trial, ...], runs: Path, change: Callable[[Trial], None]
) -> None:
    change(trained(first[1]))
    assert chosen(second, runs) == {}


@pytest.mark.parametrize(
    ("how", "taken"),
    [
        ({"status": "finished"}, True),
        ({"status": "diverged"}, True),  # a result as well
        ({"status": "failed"}, False),
        ({"cut": 1}, False),
        ({"versions": {"torch": "0"}}, False),
    ],
)
def test_only_what_came_to_its_end(
    first: tuple[Trial, ...], second: tuple[Trial, ...], runs: Path, how: dict[str, Any], taken: bool
) -> None:
    trained(first[1], **how)
    assert bool(chosen(second, runs)) is taken
    assert chosen(second, runs, digest="of other images") == {}


def test_never_of_another_seed_or_configuration(first: tuple[Trial, ...], tmp_path: Path, runs: Path) -> None:
    for trial in first:
        trained(trial)
    path = write_study(tmp_path, seeds=3, width=5)
    path.write_text(path.read_text())
    assert chosen(trials_of(load_study(path, "wider"), runs / "wider"), runs) == {}
    more = trials_of(load_study(write_study(tmp_path, seeds=3), "more"), runs / "more")
    assert sorted(chosen(more, runs)) == ["baseline-seed0", "baseline-seed1", "ttur-seed0", "ttur-seed1"]


def test_a_trial_trained_by_more_than_one_code_is_of_none(first: tuple[Trial, ...]) -> None:
    trial = first[0]
    trial.write_record("one")
    assert read_trial_record(trial.directory).code == "one"
    trial.write_record("two")  # nothing has been trained yet
    assert read_trial_record(trial.directory).code == "two"
    journal.append(trial.directory, next(story(trial, 7.0)))
    trial.write_record("two")
    assert read_trial_record(trial.directory).code == "two"
    trial.write_record("three")
    assert read_trial_record(trial.directory).code is None
    trial.write_record("three")
    assert read_trial_record(trial.directory).code is None


def test_a_run_of_the_trainer_alone(first: tuple[Trial, ...], second: tuple[Trial, ...], runs: Path) -> None:
    """Where gan_core was copied to a machine our package is not installed; its source is the same all the same."""
    alone = {package: number for package, number in versions().items() if package != "gan-ablations"}
    trained(first[0], versions=alone)
    trained(first[1], versions={**alone, "torch": "0"})
    assert list(chosen(second, runs)) == ["baseline-seed0"]
