"""What a killed parent has left elsewhere, brought home before anything is trained here."""

import json
from pathlib import Path

import pytest

from ablations.executors.elsewhere.away import bring_all_home, bring_home
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.node import trained_here
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.scratch import landed
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core import journal
from gan_core.events import Finished, has_result
from gan_core.problems import UserError
from gan_core.workers.job import Job
from tests.ablations.executors.elsewhere.pretended import ALL, check_home, check_whole, train


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    return tmp_path / "study" / "trials"


def left_away(trials: Path, name: str, heard: int, told: int) -> Path:
    """A trial of which a parent has heard so many events before it was killed, and its node has told so many."""
    job = Job(name, {}, trials / name, trials)
    receiver = Receiver(Exchange(str(trials.parent / "exchange")))
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    events = trained_here(train, landed(begun), "cpu", 1)
    for event in events:
        if event.seq < heard:
            receiver.event(name, event)
        if event.seq == told - 1:
            break
    events.close()
    return job.directory


def test_all_that_are_away_come_home(trials: Path) -> None:
    begun, further, ended = (left_away(trials, "a", 0, 1), left_away(trials, "b", 4, 9), left_away(trials, "c", 4, ALL))
    (trials / "here").mkdir()
    assert bring_all_home(trials, ended=True) == []
    assert bring_all_home(trials, ended=False) == ["a", "b", "c"]
    assert [len(journal.read(directory)) for directory in (begun, further, ended)] == [1, 9, ALL]
    for directory in (begun, further, ended):
        check_home(directory)
        assert not (directory / "elsewhere.json").exists()
    check_whole(ended)
    assert (further / "checkpoint.pt").read_text() == "9"
    assert list((trials.parent / "exchange").rglob("*")) == []
    assert bring_all_home(trials, ended=False) == []


def test_of_what_has_ended_the_rest_is_removed_when_it_can_be(trials: Path) -> None:
    directory = left_away(trials, "a", 4, ALL)
    note = (directory / "elsewhere.json").read_text()
    bring_home(directory)
    (directory / "elsewhere.json").write_text(note)
    exchange = Exchange(str(trials.parent / "exchange"))
    place = json.loads(note)["place"]
    exchange.put_bytes(f"{place}/last.safetensors", b"left")
    elsewhere = trials.parent / "exchange"
    elsewhere.rename(elsewhere.with_name("away"))
    elsewhere.touch()
    assert bring_all_home(trials, ended=True) == []
    elsewhere.unlink()
    elsewhere.with_name("away").rename(elsewhere)
    assert bring_all_home(trials, ended=True) == []
    assert exchange.files("") == ()
    check_whole(directory)


def test_no_study_has_nothing_away(tmp_path: Path) -> None:
    assert bring_all_home(tmp_path / "none", ended=False) == []


def test_a_failure_is_told_and_not_entered(trials: Path) -> None:
    directory = left_away(trials, "a", 2, 9)
    note = json.loads((directory / "elsewhere.json").read_text())
    away = trials.parent / "exchange" / note["place"]
    failure = Finished(seq=9, time=0.0, step=9, images=90, wall_s=0.1, status="failed", reason="because")
    journal.append(away, failure)
    assert bring_home(directory) == failure
    assert len(journal.read(directory)) == 9
    assert not has_result(journal.read(directory))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"exchange": "/x"}',
        "\0",
        '{"exchange": "/x", "place": "trials/../../home/0123", "holds": true}',
        '{"exchange": "/home", "place": "", "holds": true}',
        '{"exchange": "/", "place": "home/me", "holds": true}',
    ],
)
def test_a_note_that_says_nothing_is_said(trials: Path, content: str) -> None:
    directory = left_away(trials, "a", 2, 9)
    (directory / "elsewhere.json").write_text(content)
    with pytest.raises(UserError, match="does not say where the trial is trained; allowed: remove the file"):
        bring_all_home(trials, ended=False)


def test_a_journal_that_never_rests_is_said(trials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = left_away(trials, "a", 2, 9)
    note = json.loads((directory / "elsewhere.json").read_text())
    away = trials.parent / "exchange" / note["place"]
    really_get = Exchange.get

    def get(self: Exchange, *args: object) -> None:
        with (away / "events.jsonl").open("a") as file:
            file.write("\n")
        really_get(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Exchange, "get", get)
    with pytest.raises(ExchangeError, match="is still written to, though its trial was called home"):
        bring_home(directory)
