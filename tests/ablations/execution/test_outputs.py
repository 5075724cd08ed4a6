"""The leaderboard of an execution that goes on: how often it is computed, and that it is the one on the disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ablations.execution.outputs import SHARE, Outputs
from ablations.leaderboard import csv_of
from ablations.leaderboard.records import Leaderboard
from ablations.leaderboard.source import ResultSource, from_folders
from ablations.results.results import trial_directories
from ablations.workspace.cursor import Cursor, write_cursor
from ablations.workspace.workspace import Workspace
from tests.ablations.journals import make_arm, write_entries, write_trial

BASELINE, DROPOUT = make_arm("baseline"), make_arm("dropout", ("dropout",))


class Clock:
    """A clock that stands still, except while a leaderboard is computed: that takes `cost_s`."""

    def __init__(self, cost_s: float) -> None:
        self.now, self.cost_s, self.computed = 0.0, cost_s, 0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock, compute = Clock(2.0), ResultSource.leaderboard

    def leaderboard(source: ResultSource) -> Leaderboard:
        clock.now, clock.computed = clock.now + clock.cost_s, clock.computed + 1
        return compute(source)

    monkeypatch.setattr(ResultSource, "leaderboard", leaderboard)
    return clock


def outputs_of(root: Path, clock: Clock) -> Outputs:
    write_trial(root, BASELINE, 0, 20.0)
    return Outputs(Workspace(root), False, [], clock)


def rows(outputs: Outputs) -> int:
    """The lines of the CSV below its heading."""
    return len(outputs.workspace.leaderboard_csv.read_text().splitlines()) - 1


def test_many_ends_take_their_share_of_the_time_and_no_more(tmp_path: Path, clock: Clock) -> None:
    outputs, ends = outputs_of(tmp_path / "tiny", clock), 200
    (there,) = trial_directories(tmp_path / "tiny")
    for end in range(ends):  # one a second
        write_cursor(there, Cursor(tracking_uri="x", experiment_id="1", run_id=f"{end:03}"))  # so that it changes
        outputs.follow(has_ended=True)
        clock.now += 1.0
    assert 4 <= clock.computed <= 8
    assert clock.computed * clock.cost_s / clock.now <= SHARE + 0.01


def test_where_it_takes_no_time_every_end_is_shown_at_once(tmp_path: Path, clock: Clock) -> None:
    clock.cost_s = 0.01
    outputs = outputs_of(tmp_path / "tiny", clock)
    for name in ("one", "two", "three"):
        clock.now += 1.0
        write_trial(tmp_path / "tiny", make_arm(name), 0, 10.0)
        outputs.follow(has_ended=True)
        assert rows(outputs) == clock.computed + 1
    assert clock.computed == 3


def test_what_was_put_off_comes_with_a_later_report(tmp_path: Path, clock: Clock) -> None:
    outputs = outputs_of(tmp_path / "tiny", clock)
    outputs.follow(has_ended=True)
    write_trial(tmp_path / "tiny", DROPOUT, 0, 10.0)
    outputs.follow(has_ended=True)
    assert (clock.computed, rows(outputs)) == (1, 1)
    clock.now += 37.0  # 2 s are 5 % of 40 s
    outputs.follow(has_ended=False)
    assert clock.computed == 1
    clock.now += 2.0
    outputs.follow(has_ended=False)
    assert (clock.computed, rows(outputs)) == (2, 2)
    clock.now += 1000.0
    outputs.follow(has_ended=False)
    assert clock.computed == 2  # nothing has ended since


def test_at_the_end_it_is_never_put_off_and_computed_once(tmp_path: Path, clock: Clock) -> None:
    outputs = outputs_of(tmp_path / "tiny", clock)
    outputs.write_leaderboard()
    write_trial(tmp_path / "tiny", DROPOUT, 0, 10.0)
    outputs.write_leaderboard()
    assert (clock.computed, rows(outputs)) == (2, 2)
    outputs.write_leaderboard()
    assert outputs.leaderboard() is outputs.last_leaderboard()
    assert outputs.source() is outputs.source()
    assert clock.computed == 2


def test_it_is_the_one_that_is_read_from_the_disk(tmp_path: Path, clock: Clock) -> None:
    """Whatever changes: a trial, a trial's end, its run in MLflow, an entry that is no arm."""
    root = tmp_path / "tiny"
    outputs = outputs_of(root, clock)
    there = trial_directories(root)[0]
    steps: list[Callable[[], object]] = [
        lambda: write_trial(root, DROPOUT, 0, 10.0),
        lambda: write_trial(root, DROPOUT, 1, 12.0),
        lambda: write_cursor(there, Cursor(tracking_uri="x", experiment_id="1", run_id="abc")),
        lambda: write_entries(root),
    ]
    texts = [outputs.write_leaderboard().read_text()]
    for step in steps:
        step()
        texts.append(outputs.write_leaderboard().read_text())
        assert texts[-1] == csv_of(from_folders([root]).leaderboard())
    assert len(set(texts)) == len(texts)  # every step shows
