"""A recorded trial, trained again: the same bits, or where they part, and the scores beside the noise."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ablations.executors.worker import events_of
from ablations.verify import Again, Verification, first_difference, verify
from ablations.workspace.trial_record import RECORD
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Started
from gan_core.machine.processor import processor
from gan_core.machine.versions import code_digest
from gan_core.problems import UserError
from tests.ablations.command import ablations
from tests.ablations.tiny import job_of, tiny_trials


def never() -> bool:
    return False


def silent(text: str, share: float | None = None) -> None:
    return


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Trial:
    """One trial, trained in place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)
        trial = tiny_trials(tmp_path_factory.mktemp("verify"))[0]
        job = job_of(trial, home)
        trial.write_record(code_digest())
        list(events_of(job, "cpu", 1))
    return trial


@pytest.fixture
def recorded(trained: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its folder that a test may change."""
    monkeypatch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)
    copy = tmp_path / "trials" / trained.directory.name
    shutil.copytree(trained.directory, copy)
    return copy


def rewrite(directory: Path, change: Callable[[AnyEvent], AnyEvent]) -> None:
    events = journal.read(directory)
    (directory / journal.NAME).unlink()
    for event in events:
        journal.append(directory, change(event))


def worse(event: AnyEvent, by: float = 1.0) -> AnyEvent:
    """Another FID of the best generator."""
    if not (isinstance(event, Evaluated) and event.of == "best"):
        return event
    fid, *rest = event.scores
    return event.model_copy(update={"scores": (fid.model_copy(update={"value": fid.value + by}), *rest)})


def other_versions(event: AnyEvent) -> AnyEvent:
    return event.model_copy(update={"versions": {"torch": "0"}}) if isinstance(event, Started) else event


def again(directory: Path, home: Path) -> Verification:
    return verify(directory, Again(home), never, silent)


def test_the_same(recorded: Path, home: Path) -> None:
    before = {path: path.read_bytes() for path in recorded.rglob("*") if path.is_file()}
    found = again(recorded, home)
    assert (found.outcome, found.conditions, found.first) == ("same", (), "")
    assert {path: path.read_bytes() for path in recorded.rglob("*") if path.is_file()} == before


def test_a_journal_that_was_changed(recorded: Path, home: Path) -> None:
    rewrite(recorded, worse)
    found = again(recorded, home)
    assert found.outcome == "different"
    assert "scores[0].value" in found.first
    (changed,) = [score for score in found.scores if abs(score.difference) > 1e-9]
    assert (changed.of, changed.difference, changed.noise) == ("best", pytest.approx(-1.0), None)


@pytest.mark.parametrize(("by", "outcome"), [(1.0, "within noise"), (100.0, "different")])
def test_elsewhere_the_noise_over_the_other_seeds_decides(recorded: Path, home: Path, by: float, outcome: str) -> None:
    """Three other seeds, 2 below, as good and 2 above: t(0.975, 2) * sqrt(2) * 2 = 12.2."""
    for seed in (1, 2, 3):
        other = recorded.with_name(recorded.name.replace("seed0", f"seed{seed}"))
        shutil.copytree(recorded, other)
        record = json.loads((other / RECORD).read_text())
        (other / RECORD).write_text(json.dumps({**record, "seed": seed}))
        rewrite(other, partial(shifted, by=2.0 * (seed - 2)))
    rewrite(recorded, lambda event: other_versions(worse(event, by)))
    found = again(recorded, home)
    assert found.outcome == outcome
    assert any(condition.startswith("torch 0, now ") for condition in found.conditions)
    for score in found.scores:
        assert score.seeds == 3
        assert score.noise == pytest.approx(4.30265 * 2**0.5 * 2, rel=1e-4)  # from a printed table of Student's t


def shifted(event: AnyEvent, by: float) -> AnyEvent:
    """Every full score moved."""
    if not isinstance(event, Evaluated) or event.of == "progress":
        return event
    return event.model_copy(
        update={"scores": tuple(s.model_copy(update={"value": s.value + by}) for s in event.scores)}
    )


def test_another_kind_of_gpu_is_a_condition(recorded: Path, home: Path) -> None:
    """Kinds sum in different orders; the devices' names, cuda:0 for each first GPU, do not tell them apart."""
    rewrite(recorded, lambda event: on_a_gpu(worse(event)))
    found = again(recorded, home)
    assert found.outcome == "can't tell"
    assert found.conditions == ("GPU NVIDIA H200, now not recorded",)


def test_another_model_of_cpu_is_a_condition(recorded: Path, home: Path) -> None:
    """Models have other instructions, so that libraries sum in other orders."""
    rewrite(recorded, lambda event: on_another_cpu(worse(event)))
    found = again(recorded, home)
    assert found.outcome == "can't tell"
    assert found.conditions == (f"CPU a model of long ago, now {processor()}: bits may differ",)


def on_another_cpu(event: AnyEvent) -> AnyEvent:
    """As recorded on another machine."""
    return event.model_copy(update={"ran_on": "a model of long ago"}) if isinstance(event, Started) else event


def on_a_gpu(event: AnyEvent) -> AnyEvent:
    """As recorded on a GPU that this machine may not have."""
    if not isinstance(event, Started):
        return event
    return event.model_copy(update={"numerics": {**event.numerics, "gpu": "NVIDIA H200"}})


def test_one_seed_has_no_noise(recorded: Path, home: Path) -> None:
    rewrite(recorded, lambda event: other_versions(worse(event)))
    assert again(recorded, home).outcome == "can't tell"


def test_stopped(recorded: Path, home: Path) -> None:
    assert verify(recorded, Again(home), lambda: True, silent).outcome == "stopped"


def test_a_training_that_fails_is_no_difference(
    recorded: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("gan_core.train.train_step", out_of_memory)
    found = again(recorded, home)
    assert (found.outcome, found.first, found.scores) == ("failed", "", ())
    assert found.failure == "RuntimeError: out of memory"
    study = tmp_path / "runs" / "tiny"
    study.mkdir(parents=True)
    (study / "study.json").write_text("{}")
    shutil.move(recorded.parent, study)
    said = ablations("verify", "baseline", "--seed", 0, "--study", "tiny", "--runs", tmp_path / "runs")
    assert said.code == 3
    assert "failed, so there is nothing to compare" in said.out
    assert "out of memory" in said.out
    assert "different" not in said.out


def test_a_failure_that_could_not_be_noted(recorded: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk: it was no stop."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "append", full)
    found = again(recorded, home)
    assert (found.outcome, found.failure) == ("failed", "OSError: [Errno 28] No space left on device")


def test_without_a_result(recorded: Path, home: Path) -> None:
    lines = (recorded / journal.NAME).read_text().splitlines(keepends=True)
    (recorded / journal.NAME).write_text("".join(lines[:-1]))
    with pytest.raises(UserError, match="has no result"):
        again(recorded, home)


def test_journals_of_other_lengths(recorded: Path) -> None:
    events = journal.read(recorded)
    assert first_difference(events, events) == ""
    assert first_difference(events, events[:-1]) == f"{len(events)} events, now {len(events) - 1}"


def test_the_command(recorded: Path, tmp_path: Path) -> None:
    study = tmp_path / "runs" / "tiny"
    study.mkdir(parents=True)
    (study / "study.json").write_text("{}")
    shutil.move(recorded.parent, study)
    words: tuple[Any, ...] = ("verify", "baseline", "--seed", 0, "--study", "tiny", "--runs", tmp_path / "runs")
    same = ablations(*words)
    assert (same.code, same.err) == (0, "")
    assert "the same: every number of the journal, bit for bit, apart from times" in same.out
    rewrite(study / "trials" / recorded.name, worse)
    different = ablations(*words)
    assert different.code == 1
    assert ": different\n" in different.out
    unknown = ablations("verify", "baselin", *words[2:])
    assert (unknown.code, "did you mean 'baseline-seed0'" in unknown.err) == (2, True)
