"""The option `--retrain` of `run` and `plan`: what another study has trained is trained again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ablations.execution.estimate import ArmCost
from ablations.workspace.trial_record import read_trial_record
from gan_core import journal
from tests.ablations.command import Outcome, ablations
from tests.ablations.tiny import story_of, write_study

QUICK = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--offline", "--no-floors", "--no-report")


@pytest.fixture(scope="module", autouse=True)
def _undrawn() -> Iterator[None]:
    """Pictures take longer than all the rest of so small a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two trials, trained."""
    folder = tmp_path_factory.mktemp("retrain")
    study = write_study(folder, budget_kimg=0.1, extractor="none")
    assert ablations("run", study, *QUICK, "--runs", folder / "runs").code == 0
    return folder


def run(folder: Path, name: str, *words: object) -> Outcome:
    outcome = ablations("run", folder / "tiny.yaml", "--as", name, *QUICK, "--runs", folder / "runs", *words)
    assert outcome.code == 0, outcome.err
    return outcome


def trials(folder: Path, name: str) -> list[Path]:
    return sorted((folder / "runs" / name / "trials").iterdir())


def test_run(folder: Path) -> None:
    assert "2 of 2 trials are there already, from study tiny; --retrain trains them again" in run(folder, "taken").out
    assert "are there already" not in run(folder, "again", "--retrain").out
    for first, taken, again in zip(*(trials(folder, name) for name in ("tiny", "taken", "again")), strict=True):
        assert read_trial_record(taken).reused_from == f"tiny/{first.name}"
        assert read_trial_record(again).reused_from is None
        times = [[event.time for event in journal.read(trial)] for trial in (first, taken, again)]
        assert times[0] == times[1]
        assert times[0] != times[2]
        assert story_of(first) == story_of(again)


def test_what_this_study_has_is_never_trained_again(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.glob("runs/tiny/trials/*/events.jsonl")}
    run(folder, "tiny", "--retrain")
    assert {path: path.read_bytes() for path in before} == before


def test_plan(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ablations.plan.arm_costs", lambda arms, resources: {arm.name: ArmCost(arm.name, 10, 3.0, 1.0) for arm in arms}
    )
    words = ("plan", folder / "tiny.yaml", "--as", "other", "--threads", 1, "--runs", folder / "runs")
    assert "for the 0 of 2 trials that are left" in " ".join(ablations(*words).out.split())
    assert "for the 2 of 2 trials that are left" in " ".join(ablations(*words, "--retrain").out.split())
