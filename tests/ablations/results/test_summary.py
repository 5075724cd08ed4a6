"""The summary beside a journal: it is what the journal says, and never survives the journal that it was made of."""

import os
from pathlib import Path

import pytest

from ablations.results.summary import summary_of
from ablations.results.summary_file import NAME, read_summary
from ablations.workspace.trials import Trial
from gan_core import journal
from tests.ablations.journals import make_arm, make_trial, story, write, write_trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return write_trial(tmp_path, make_arm("baseline"), 0, 5.0)


def test_it_is_left_after_the_end_and_read_again_without_the_journal(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_summary(trial.directory)
    assert first.best is not None
    assert (first.status, first.best.scores[0].value, first.kimg) == ("finished", 5.0, 1.2)
    assert first == summary_of(journal.read(trial.directory))
    assert not list(trial.directory.glob(f".{NAME}*"))
    monkeypatch.setattr(journal, "read", lambda directory: pytest.fail("read the journal"))
    assert read_summary(trial.directory) == first


def test_before_the_end_none_is_left(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, make_arm("baseline"), 0)
    assert read_summary(trial.directory).status == "unfinished"
    write(trial, list(story(trial, 5.0))[:8])
    assert read_summary(trial.directory).kimg == 0.3
    assert not (trial.directory / NAME).exists()


def test_a_journal_that_grew_or_changed_is_read_again(trial: Trial) -> None:
    read_summary(trial.directory)
    path = trial.directory / journal.NAME
    path.write_bytes(path.read_bytes().replace(b'"value":5.0', b'"value":4.0'))  # as long as before
    changed = read_summary(trial.directory)
    assert changed.best is not None
    assert changed.best.scores[0].value == 4.0
    write(trial, list(story(trial, 5.0))[3:8])  # a resumption
    assert read_summary(trial.directory).status == "unfinished"


def test_a_copied_folder_keeps_its_summary(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_summary(trial.directory)
    os.utime(trial.directory / journal.NAME, (1, 1))
    monkeypatch.setattr(journal, "read", lambda directory: pytest.fail("read the journal"))
    assert read_summary(trial.directory) == first


def test_a_summary_by_other_code_or_torn_is_made_anew(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_summary(trial.directory)
    path = trial.directory / NAME
    path.write_bytes(path.read_bytes()[:-20])
    assert read_summary(trial.directory) == first
    path.write_text(path.read_text().replace("can't tell", "healthy"))
    assert read_summary(trial.directory).run_verdict == "healthy"  # it is believed
    monkeypatch.setattr("ablations.results.summary_file._code_digest", lambda: "another")
    assert read_summary(trial.directory).run_verdict == "can't tell"


def test_where_nothing_can_be_written_it_is_read_all_the_same(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **options: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "write_text", refuse)
    assert read_summary(trial.directory).status == "finished"
    assert not (trial.directory / NAME).exists()
