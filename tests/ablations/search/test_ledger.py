"""The Optuna ledger: what is handed out, what is entered, and how it is put right after whatever happened."""

import math
import sqlite3
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from ablations.search.ledger import FINGERPRINT, REASON, STATUS, WITHDRAWN, Ledger
from ablations.workspace.trials import Trial
from gan_core.events import Evaluated, Finished
from gan_core.problems import UserError
from gan_core.workers.job import STOPPED, Report
from tests.ablations.journals import make_arm, scores
from tests.ablations.ledger_books import Book, enter_all, told, work_off
from tests.ablations.trials_of_arms import FIDS, trials_under


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def enqueue_all(book: Book, trials: Iterable[Trial]) -> None:
    """As an earlier version did before it handed out the first."""
    book.open()
    study = optuna.load_study(study_name="tiny", storage=book.url)
    for trial in trials:
        attributes = {FINGERPRINT: trial.config.fingerprint(), "arm": trial.arm.name}
        study.enqueue_trial({**trial.arm.factors, "seed": trial.seed}, user_attrs=attributes)


def test_fresh(book: Book) -> None:
    assert work_off(book.open()) == [trial.name for trial in book.trials]
    for entry, trial in zip(book.entries(), book.trials, strict=True):
        fid = FIDS[trial.name]
        assert entry.state == TrialState.COMPLETE
        assert entry.value == fid
        assert entry.params == {**trial.arm.factors, "seed": trial.seed}
        assert entry.user_attrs == {FINGERPRINT: trial.config.fingerprint(), "arm": trial.arm.name, STATUS: "finished"}
        assert entry.intermediate_values == {300: fid + 3, 600: fid + 2, 900: fid + 1, 1200: fid}
    assert work_off(book.open({t.name: told(t) for t in book.trials})) == []
    assert len(book.entries()) == len(book.trials)


def test_handed_out_one_at_a_time(book: Book) -> None:
    next(book.open().next_trials())
    assert [state for _, state, _ in book.ends()] == ["RUNNING"]
    assert book.entries()[0].params == {**book.trials[0].arm.factors, "seed": book.trials[0].seed}


def test_what_an_earlier_version_enqueued_is_handed_out_in_its_order(book: Book) -> None:
    enqueue_all(book, reversed(book.trials))
    assert work_off(book.open()) == [trial.name for trial in reversed(book.trials)]
    assert [entry.params for entry in book.entries()] == [
        {**trial.arm.factors, "seed": trial.seed} for trial in reversed(book.trials)
    ]
    assert {(state, status) for _, state, status in book.ends()} == {("COMPLETE", "finished")}


def test_no_trial_asks_the_database_for_all_others(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, asked = book.open(), 0
    get_trials = optuna.Study.get_trials

    def counted(study: optuna.Study, *args: Any, **options: Any) -> list[optuna.trial.FrozenTrial]:
        nonlocal asked
        asked += 1
        return get_trials(study, *args, **options)

    monkeypatch.setattr(optuna.Study, "get_trials", counted)
    assert len(work_off(ledger)) == 4
    assert asked == 1


def test_what_a_dead_parent_left_running_goes_on_first(book: Book) -> None:
    first, second = book.trials[:2]
    ledger = book.open()
    handed_out = ledger.next_trials()
    assert (next(handed_out), next(handed_out)) == (first, second)
    half = told(second)[: len(told(second)) // 2]
    enter_all(ledger, second, half)  # and then it is killed

    with warnings.catch_warnings(action="error"):  # Optuna warns of a step that is reported twice
        again = book.open({second.name: half})
        assert next(again.next_trials()) == first
        enter_all(again, first, told(first))
        assert work_off(book.open({first.name: told(first), second.name: half})) == [t.name for t in book.trials[1:]]
    assert len(book.entries()) == 4
    assert {(state, status) for _, state, status in book.ends()} == {("COMPLETE", "finished")}
    assert len(book.entries()[1].intermediate_values) == 4


def test_a_removed_database_is_made_anew_from_the_journals(book: Book) -> None:
    journals = {trial.name: told(trial) for trial in book.trials}
    assert work_off(book.open(journals)) == []
    assert [entry.value for entry in book.entries()] == [FIDS[trial.name] for trial in book.trials]
    assert all(len(entry.intermediate_values) == 4 for entry in book.entries())


def test_finished_on_disk_but_not_told(book: Book) -> None:
    next(book.open().next_trials())
    first, *rest = book.trials
    assert work_off(book.open({first.name: told(first)})) == [trial.name for trial in rest]
    assert [state for _, state, _ in book.ends()] == ["COMPLETE"] * 4


def test_a_result_that_a_damaged_journal_lost_is_trained_again_and_entered_once(book: Book) -> None:
    work_off(book.open())
    before = book.entries()
    journals = {trial.name: told(trial) for trial in book.trials}
    lost = book.trials[2]
    journals[lost.name] = journals[lost.name][:-2]
    assert work_off(book.open(journals)) == [lost.name]
    assert [(e.number, e.state, e.value) for e in book.entries()] == [(e.number, e.state, e.value) for e in before]


def test_enqueued_here_and_finished_under_another_storage(book: Book) -> None:
    next(book.open().next_trials())
    assert work_off(book.open({trial.name: told(trial) for trial in book.trials})) == []
    assert [state for _, state, _ in book.ends()] == ["COMPLETE"] * 4


def test_a_failed_trial_is_tried_again_and_its_failure_is_kept(book: Book) -> None:
    ledger = book.open()
    failed, died, *_ = ledger.next_trials()
    enter_all(ledger, failed, told(failed, "failed"))
    ledger.enter(Report(died.name, left="its process ended with exit code -9"))
    entries = book.entries()
    assert [entry.state for entry in entries[:2]] == [TrialState.FAIL] * 2
    assert [entry.user_attrs[STATUS] for entry in entries[:2]] == ["failed"] * 2
    assert [entry.user_attrs[REASON] for entry in entries[:2]] == ["because", "its process ended with exit code -9"]

    names = work_off(book.open({failed.name: told(failed, "failed"), died.name: told(died)[:5]}))
    assert sorted(names) == sorted(trial.name for trial in book.trials)
    ends = book.ends()
    assert len(ends) == 6
    assert sorted(name for name, state, _ in ends if state == "COMPLETE") == sorted(names)


def test_a_stopped_trial_stays_open(book: Book) -> None:
    ledger = book.open()
    first = next(ledger.next_trials())
    ledger.enter(Report(first.name, left=STOPPED))
    assert book.ends()[0] == (first.name, "RUNNING", "")


def test_a_divergence_is_a_failed_entry_without_a_value_and_a_result(book: Book) -> None:
    ledger = book.open()
    first = next(ledger.next_trials())
    enter_all(ledger, first, told(first, "diverged"))
    entry = book.entries()[0]
    assert (entry.state, entry.value) == (TrialState.FAIL, None)
    assert entry.user_attrs[STATUS] == "diverged"
    assert entry.user_attrs[REASON] == "because"
    assert len(entry.intermediate_values) == 3
    assert first.name not in work_off(book.open({first.name: told(first, "diverged")}))
    assert len(book.entries()) == 4


@pytest.mark.parametrize("fid", [math.nan, math.inf])
def test_a_score_that_is_no_finite_number(fid: float, book: Book) -> None:
    first = book.trials[0]
    events = told(first)
    events = [e.model_copy(update={"scores": scores(fid, 9, "")}) if isinstance(e, Evaluated) else e for e in events]
    assert isinstance(events[-1], Finished)
    ledger = book.open(trials=[first])
    enter_all(ledger, next(ledger.next_trials()), events)
    assert book.ends() == [(first.name, "FAIL", "finished")]
    assert book.entries()[0].user_attrs["reason"] == "the FID is not a finite number"
    assert work_off(book.open({first.name: events}, trials=[first])) == []


def test_what_was_enqueued_and_is_no_trial_any_more_is_withdrawn(book: Book, tmp_path: Path) -> None:
    enqueue_all(book, book.trials)
    next(book.open().next_trials())  # one running, three waiting
    optuna.load_study(study_name="tiny", storage=book.url).enqueue_trial({"stranger": 1})
    others = trials_under(tmp_path, seeds=1, arms=[make_arm("baseline"), make_arm("both", ("dropout", "ttur"))])
    assert work_off(book.open(trials=others)) == [trial.name for trial in others]
    ends = book.ends()
    assert [status for *_, status in ends] == ["finished", *[WITHDRAWN] * 4, "finished"]
    assert {state for *_, state, status in ends if status == WITHDRAWN} == {"FAIL"}


def test_one_trial_running_twice_is_handed_out_once(book: Book) -> None:
    enqueue_all(book, book.trials)
    next(book.open().next_trials())
    with sqlite3.connect(book.url.removeprefix("sqlite:///")) as database:
        database.execute("update trials set state = 'RUNNING' where number = 1")
        database.execute(
            "update trial_user_attributes set value_json = (select value_json from trial_user_attributes "
            "where trial_id = 1 and key = 'fingerprint') where trial_id = 2 and key = 'fingerprint'"
        )
    names = work_off(book.open())
    assert sorted(names) == sorted(trial.name for trial in book.trials)
    assert sum(status == WITHDRAWN for *_, status in book.ends()) == 1


def test_seeds_added_later(book: Book, tmp_path: Path) -> None:
    work_off(book.open())
    more = trials_under(tmp_path, seeds=3)
    journals = {trial.name: told(trial) for trial in book.trials}
    assert work_off(book.open(journals, more)) == [trial.name for trial in more if trial.seed == 2]
    assert [state for _, state, _ in book.ends()] == ["COMPLETE"] * 6


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", ["nonsense"]),
        ("mongodb://host/db", ["mongodb"]),
        ("sqlite:////no/such/folder/optuna.db", ["unable to open"]),
        ("postgresql://ada:secret@127.0.0.1:9/db", ["postgresql://ada:***@127.0.0.1:9/db"]),
        ("redis://127.0.0.1", ["redis"]),
    ],
)
def test_a_storage_that_cannot_be_used(url: str, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        Ledger(url, "tiny", [], {})
    (problem,) = caught.value.problems
    assert problem.where == ("--storage",)
    assert all(word in problem.message for word in words)
    assert "sqlite:////" in problem.allowed
    assert "secret" not in str(problem)


def test_a_study_of_somebody_else(book: Book) -> None:
    optuna.create_study(storage=book.url, study_name="tiny", direction="maximize")
    with pytest.raises(UserError, match="not one of ours"):
        book.open()
