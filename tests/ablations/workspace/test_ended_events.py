"""A journal that has come to its end is as it is on disk, though memory holds its end alone."""

from pathlib import Path

import pytest

from ablations.workspace.ended_events import EndedEvents, events_of
from gan_core import journal
from gan_core.events import has_result
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_trials


def test_it_reads_as_the_whole_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (trial, *_) = tiny_trials(tmp_path, seeds=1, budget_kimg=1.2)
    trial.write_record()
    for event in story(trial, 7.0):
        journal.append(trial.directory, event)
    events, whole = events_of(trial.directory), journal.read(trial.directory)
    assert isinstance(events, EndedEvents)
    assert (list(events), len(events), events[1], events[2:4]) == (whole, len(whole), whole[1], whole[2:4])
    monkeypatch.setattr(journal, "read", None)  # from here on nothing may need it
    assert events
    assert has_result(events)
    assert (events[-1], list(events[:1])) == (whole[-1], whole[:1])


def test_a_journal_without_an_end_is_read_whole(tmp_path: Path) -> None:
    (trial, *_) = tiny_trials(tmp_path, seeds=1, budget_kimg=1.2)
    assert events_of(trial.directory) == []
    trial.write_record()
    for event in [*story(trial, 7.0)][:3]:
        journal.append(trial.directory, event)
    assert events_of(trial.directory) == journal.read(trial.directory)
