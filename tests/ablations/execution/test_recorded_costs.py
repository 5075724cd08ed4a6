"""Which runs tell what others will cost: on a GPU those that had as many others next to them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ablations.execution.recorded_costs import recorded_costs
from ablations.workspace.execution_record import Execution, begin_record
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import Started
from gan_core.machine.resources import Resources
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_study, tiny_trials


def trained_on(devices: Sequence[str], workers: int | None, folder: Path) -> list[Trial]:
    """Finished trials of one execution, one thread each."""
    trials = list(tiny_trials(folder))
    root = trials[0].directory.parents[1]
    record = begin_record(Execution.of(tiny_study(folder), root, trials, ["run"], workers=workers, devices=devices))
    began = float(record.stat().st_mtime) + 1
    for trial in trials:
        trial.write_record()
        for event in story(trial, 7.0):
            told = moved(event, devices[0], began) if isinstance(event, Started) else event
            journal.append(trial.directory, told)
    return trials


def moved(event: Started, device: str, time: float) -> Started:
    return event.model_copy(update={"device": device, "threads": 1, "time": time})


@pytest.mark.parametrize(
    ("devices", "workers", "now", "taken"),
    [
        (("cuda:0",), 8, 8, True),
        (("cuda:0",), 1, 8, False),
        (("cuda:0",), None, 8, False),
        (("cpu",), 1, 8, True),
    ],
)
def test_the_same_company(devices: tuple[str, ...], workers: int | None, now: int, taken: bool, tmp_path: Path) -> None:
    trials = trained_on(devices, workers, tmp_path)
    arms = list({trial.arm.name: trial.arm for trial in trials}.values())
    places = Resources(now, 1, devices)
    found = recorded_costs(arms, trials, {arm.name for arm in arms}, tmp_path / "runs", places)
    assert set(found) == ({arm.name for arm in arms} if taken else set())
