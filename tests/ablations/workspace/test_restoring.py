"""What a folder proves is made anew; what it does not prove is refused, with a way on that loses nothing."""

from pathlib import Path

import pytest

from ablations.study.study import Study, load_study
from ablations.workspace.execution_record import Execution, begin_record
from ablations.workspace.opening import open_workspace
from ablations.workspace.trial_record import RECORD, read_trial_record
from ablations.workspace.trials import Trial, progress_of, trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.problems import UserError
from tests.ablations.journals import story

TEXT = """\
question: q
design: one-in
seeds: 2
baseline: {data: shapes, image_size: 16, width: 8}
tricks: {half: {dropout: 0.5}, ttur: {lr_d: 8e-4}}
claims:
  first: {statement: s, source: x, comparison: half < baseline}
"""


def _study(folder: Path, text: str = TEXT) -> Study:
    path = folder / "mine.yaml"
    path.write_text(text)
    return load_study(path)


@pytest.fixture
def begun(tmp_path: Path) -> tuple[Study, Workspace, Trial]:
    """A study with one execution and one finished trial."""
    study = _study(tmp_path)
    with open_workspace(study, tmp_path / "runs") as workspace:
        trials = trials_of(study, workspace.root)
        begin_record(Execution.of(study, workspace.root, trials, ["run"]))
        trials[0].write_record("the code")
        for event in story(trials[0], 20.0):
            journal.append(trials[0].directory, event)
    return study, workspace, trials[0]


DAMAGES = {"absent": None, "empty": b"", "torn": b'{"schema_version": 1, "na', "NULs": bytes(100)}


def _damage(path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_a_trials_record_is_made_anew(begun: tuple[Study, Workspace, Trial], content: bytes | None) -> None:
    study, workspace, trial = begun
    path, before = trial.directory / RECORD, read_trial_record(trial.directory)
    _damage(path, content)
    with pytest.raises(UserError, match=r"`run` with the study's file makes it anew"):
        progress_of(trial)
    with open_workspace(study, workspace.root.parent) as opened:
        assert str(path) in opened.notice
    assert read_trial_record(trial.directory) == before.model_copy(update={"code": None})
    assert progress_of(trial) == "finished"
    aside = path.with_name(f"{RECORD}.damaged-1")
    assert (aside.read_bytes() if aside.exists() else None) == content


def test_of_a_trial_that_has_not_begun_there_is_nothing_to_make(begun: tuple[Study, Workspace, Trial]) -> None:
    study, workspace, _ = begun
    other = trials_of(study, workspace.root)[1]
    other.write_record()
    (other.directory / RECORD).write_bytes(b"")
    with open_workspace(study, workspace.root.parent) as opened:
        assert "nothing had been trained yet" in opened.notice
    assert progress_of(other) == "new"


def test_the_journal_of_another_configuration_gets_no_record(
    begun: tuple[Study, Workspace, Trial],
) -> None:
    study, workspace, trial = begun
    other = trials_of(study, workspace.root)[1]
    trial.directory.rename(other.directory)
    (other.directory / RECORD).write_bytes(b"")
    with open_workspace(study, workspace.root.parent) as opened:
        assert opened.notice == ""
    with pytest.raises(UserError, match="can't be read: the file is empty"):
        progress_of(other)


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_a_studys_record_is_made_anew(begun: tuple[Study, Workspace, Trial], content: bytes | None) -> None:
    study, workspace, trial = begun
    path, before = workspace.study_json, workspace.record()
    _damage(path, content)
    with open_workspace(study, workspace.root.parent) as opened:
        assert f"{path}: " in opened.notice
        assert f"made anew from {study.path}" in opened.notice
        again = opened.record()
    assert again.model_copy(update={"planned_looks": None}) == before.model_copy(update={"planned_looks": None})
    assert again.looks == before.looks
    assert progress_of(trial) == "finished"
    aside = path.with_name("study.json.damaged-1")
    assert (aside.read_bytes() if aside.exists() else None) == content


OTHERS = {
    "another configuration": (("width: 8", "width: 16"), r"can't be made anew.*baseline-seed0-.*--as NEWNAME"),
    "an arm less, with results": (("baseline: {data", "baseline: {lr_g: 1e-4, data"), r"can't be made anew"),
    "another claim": (("half < baseline", "half > baseline"), r"claims.first: .*before, .* now"),
    "without the claim": (
        ("claims:\n  first: {statement: s, source: x, comparison: half < baseline}\n", ""),
        r"claims.first: this claim is gone",
    ),
}


@pytest.mark.parametrize(("change", "message"), OTHERS.values(), ids=OTHERS)
def test_from_another_study_it_is_not(
    begun: tuple[Study, Workspace, Trial], tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    _, workspace, trial = begun
    workspace.study_json.write_bytes(b"")
    assert change[0] in TEXT
    other = _study(tmp_path, TEXT.replace(*change))
    with pytest.raises(UserError) as caught, open_workspace(other, workspace.root.parent):
        pytest.fail("the body must not run")
    assert caught.match(f"(?s){message}")
    assert "--as NEWNAME" in str(caught.value)
    assert workspace.study_json.read_bytes() == b""  # as it was
    assert progress_of(trial) == "finished"


def test_late_claims_and_seeds_stay_late(begun: tuple[Study, Workspace, Trial], tmp_path: Path) -> None:
    _, workspace, _ = begun
    later = TEXT.replace("seeds: 2", "seeds: 3") + "  second: {statement: s, source: x, comparison: ttur < baseline}\n"
    study = _study(tmp_path, later)
    with open_workspace(study, workspace.root.parent):
        before = workspace.record()
    assert [(claim.name, claim.late) for claim in before.claims] == [("first", False), ("second", True)]
    workspace.study_json.unlink()
    with open_workspace(study, workspace.root.parent):
        assert workspace.record() == before


def test_without_a_journal_what_was_trained_still_counts(begun: tuple[Study, Workspace, Trial], tmp_path: Path) -> None:
    """Not even another study's file makes room by removing it."""
    _, workspace, trial = begun
    (trial.directory / journal.NAME).rename(trial.directory / "checkpoint.pt")
    workspace.study_json.write_bytes(b"")
    assert workspace.has_results()
    with open_workspace(_study(tmp_path), workspace.root.parent):
        pass
    assert (trial.directory / "checkpoint.pt").exists()
