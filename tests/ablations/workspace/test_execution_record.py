"""The record of an execution: where its trials ran, next to how many others."""

import json
from pathlib import Path

from ablations.workspace.execution_record import NAME, Execution, begin_record, read_execution
from tests.ablations.tiny import tiny_study, tiny_trials


def test_how_many_trials_shared_the_devices(tmp_path: Path) -> None:
    study, trials = tiny_study(tmp_path), tiny_trials(tmp_path)
    execution = Execution.of(study, tmp_path / "runs", trials, ["run"], workers=8, devices=["cuda:0"])
    record = read_execution(begin_record(execution))
    assert (record.workers, record.devices) == (8, ("cuda:0",))


def test_a_record_from_before_that_was_kept(tmp_path: Path) -> None:
    folder = begin_record(Execution.of(tiny_study(tmp_path), tmp_path / "runs", tiny_trials(tmp_path), ["run"]))
    kept = json.loads((folder / NAME).read_text())
    old = {name: value for name, value in kept.items() if name not in ("workers", "devices")}
    (folder / NAME).write_text(json.dumps(old))
    assert read_execution(folder).workers is None
    assert read_execution(folder).devices == ()
