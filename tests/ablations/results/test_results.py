"""Directories of trials -> the tidy table."""

import random
from pathlib import Path

import pandas as pd
import pytest

from ablations.results.results import ResultReader, read_results, trial_directories
from ablations.results.summary import Summary
from ablations.results.summary_file import read_summary
from ablations.results.table import COLUMNS, SCORES, results_table
from ablations.workspace.cursor import Cursor, write_cursor
from gan_core import journal
from gan_core.events import Evaluated, Finished
from tests.ablations.journals import make_arm, make_trial, story, write, write_trial

BASELINE = make_arm("baseline")


def table_of(where: Path | list[Path]) -> pd.DataFrame:
    return results_table(read_results(where))


def test_a_finished_trial(tmp_path: Path) -> None:
    trial = write_trial(tmp_path, make_arm("together", ("dropout", "ttur")), 7, fid=20.0)
    write_cursor(trial.directory, Cursor(tracking_uri="sqlite:///x", experiment_id="1", run_id="abc"))
    table = table_of(tmp_path)
    outcomes = table.pop("outcome")
    assert [len(outcome) for outcome in outcomes] == [16]
    assert table.to_dict("records") == [
        {
            "study": "tiny",
            "arm": "together",
            "is_baseline": False,
            "factor_dropout": "on",  # it stands nowhere alone in this study
            "factor_ttur": "on",
            "block": None,
            "seed": 7,
            "status": "finished",
            "inert": "",
            "fid_best": 20.0,
            "fid_last": 21.0,
            "is_best": 2.0,
            "is_last": 2.1,
            "kimg_best": 0.9,
            "seconds_best": 9.0,
            "fid_name": "fid10k_tiny-1a2b3c4d",
            "fid_stamp": "12345678",
            "is_name": "is10k_tiny-1a2b3c4d",
            "is_stamp": "i12345678",
            "run_verdict": "can't tell",  # the made-up run does not say what D thinks
            "kimg": 1.2,
            "wall_s": 12.0,
            "evaluation_s": None,
            "data_digest": "d",
            "data_skipped": 0,
            "ran_on": None,
            "run_id": "abc",
            "fingerprint": trial.config.fingerprint(),
            "directory": str(trial.directory),
        }
    ]


def test_all_columns_are_documented(tmp_path: Path) -> None:
    write_trial(tmp_path, BASELINE, 0, fid=20.0)
    scores = [column.replace("METRIC", metric) for metric in ("fid", "is") for column in SCORES]
    columns = [c for c in table_of(tmp_path) if not c.startswith("factor_")]
    assert sorted(columns) == sorted([*COLUMNS, *scores])
    assert list(table_of([])) == columns


def test_factors_are_read_off_the_arms_that_differ_in_one(tmp_path: Path) -> None:
    arms = [BASELINE, *(make_arm(n, (n,)) for n in ("dropout", "ttur")), make_arm("all", ("dropout", "ttur"))]
    for arm in arms:
        write_trial(tmp_path, arm, 0, fid=1.0)
    table = table_of(tmp_path).set_index("arm")
    assert table["factor_dropout"].to_dict() == {"baseline": "off", "all": "0.3", "dropout": "0.3", "ttur": "off"}
    assert table.loc["all", "factor_ttur"] == "lr_g=0.0001 lr_d=0.0004"


def test_a_factor_that_changes_a_trick_s_lesser_options_says_so(tmp_path: Path) -> None:
    factors = {"late": {"instance_noise": {"sigma": 0.2, "where": "layers"}}}
    for arm in (make_arm("baseline", (), factors), make_arm("late", ("late",), factors)):
        write_trial(tmp_path, arm, 0, fid=1.0)
    assert list(table_of(tmp_path)["factor_late"]) == ["off", "0.2 where=layers"]


def test_statuses(tmp_path: Path) -> None:
    write_trial(tmp_path, BASELINE, 0, fid=1.0)
    write_trial(tmp_path, BASELINE, 1, fid=1.0, status="diverged")
    write_trial(tmp_path, BASELINE, 2, fid=1.0, status="failed")
    interrupted = make_trial(tmp_path, BASELINE, 3)
    write(interrupted, list(story(interrupted, 1.0))[:8])
    make_trial(tmp_path, BASELINE, 4)
    table = table_of(tmp_path)
    assert list(table["status"]) == ["finished", "diverged", "failed", "unfinished", "unfinished"]
    assert list(table["fid_best"].notna()) == [True, False, False, False, False]
    assert table["kimg"].tolist()[:4] == [1.2, 1.2, 1.2, 0.3]
    assert pd.isna(table["kimg"].iloc[4])


def test_inert_tricks_are_named_and_not_known_is_not_none(tmp_path: Path) -> None:
    for seed, inert in enumerate([("ada", "dropout"), (), None]):
        write_trial(tmp_path, BASELINE, seed, fid=1.0, inert=inert)
    interrupted = make_trial(tmp_path, BASELINE, 3)
    write(interrupted, list(story(interrupted, 1.0))[:8])
    values = table_of(tmp_path)["inert"]
    assert list(values[:2]) == ["ada dropout", ""]
    assert values[2:].isna().all()


def test_a_journal_from_before_inertness_was_told_is_read(tmp_path: Path) -> None:
    trial = write_trial(tmp_path, BASELINE, 0, fid=5.0)
    path = trial.directory / journal.NAME
    text = path.read_text()
    assert ',"inert":[]' in text
    path.write_text(text.replace(',"inert":[]', ""))
    row = table_of(tmp_path).iloc[0]
    assert (row["status"], row["fid_best"]) == ("finished", 5.0)
    assert pd.isna(row["inert"])


def test_a_failed_run_that_was_tried_again_counts_by_its_last_end(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 5.0))
    failure = events[9].model_dump(include={"time", "step", "images", "wall_s"})
    write(trial, [*events[:9], Finished(seq=9, **failure, status="failed", reason="disk full")])
    assert table_of(tmp_path)["status"].item() == "failed"
    write(trial, events[6:8])
    assert table_of(tmp_path)["status"].item() == "unfinished"
    write(trial, events[8:])
    row = table_of(tmp_path).iloc[0]
    assert (row["status"], row["fid_best"]) == ("finished", 5.0)


def test_scores_of_a_run_that_went_back_are_forgotten(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 5.0))
    write(trial, events[:-1])  # scored, not finished
    assert table_of(tmp_path)["fid_best"].item() == 5.0
    write(trial, events[8:12])
    assert pd.isna(table_of(tmp_path)["fid_best"].item())


@pytest.mark.parametrize("cut", [2, 40, 200])
def test_a_torn_line_does_not_hide_the_ones_before(tmp_path: Path, cut: int) -> None:
    trial = write_trial(tmp_path, BASELINE, 0, fid=5.0)
    path = trial.directory / journal.NAME
    path.write_bytes(path.read_bytes()[:-cut])
    events = journal.read(trial.directory)
    row = table_of(tmp_path).iloc[0]
    assert row["status"] == "unfinished"
    assert row["kimg"] == events[-1].kimg
    best = [e for e in events if isinstance(e, Evaluated) and e.of == "best"]
    assert pd.notna(row["fid_best"]) == bool(best)


def test_order_of_reading_does_not_matter(tmp_path: Path) -> None:
    arms = [make_arm("a", ("ttur",)), BASELINE, make_arm("b", ("dropout",))]
    trials = [write_trial(tmp_path, arm, seed, fid=1.0) for seed in (3, 1) for arm in arms]
    forwards = table_of([t.directory for t in trials])
    backwards = table_of([t.directory for t in reversed(trials)])
    pd.testing.assert_frame_equal(forwards, backwards)
    assert list(forwards["arm"]) == ["baseline", "baseline", "a", "a", "b", "b"]
    assert list(forwards["seed"]) == [1, 3] * 3


def test_last_under_another_protocol_is_not_reported_beside_the_best(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 5.0))
    other = next(e for e in story(trial, 5.0, stamp="other") if isinstance(e, Evaluated) and e.of == "last")
    write(trial, [other if isinstance(e, Evaluated) and e.of == "last" else e for e in events])
    row = table_of(tmp_path).iloc[0]
    assert (row["fid_best"], row["fid_stamp"]) == (5.0, "12345678")
    assert pd.isna(row["fid_last"])


@pytest.mark.parametrize("seed", range(20))
def test_says_what_the_whole_journal_says(tmp_path: Path, seed: int) -> None:
    """Whatever a run went through: it may be killed anywhere, in the middle of a line too, and go back any distance."""
    chance = random.Random(seed)
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 5.0))
    path = trial.directory / journal.NAME
    for _ in range(4):
        there = len(journal.read(trial.directory))
        start = chance.randint(0, there)
        write(trial, events[start : chance.randint(start, len(events))])
        if path.exists() and chance.random() < 0.5:
            path.write_bytes(path.read_bytes()[: -chance.randint(1, 300)])
    read = journal.read(trial.directory)
    scored = {e.of: e.scores[0].value for e in read if isinstance(e, Evaluated)}
    row = table_of(tmp_path).iloc[0]
    assert row["status"] == ("finished" if read and isinstance(read[-1], Finished) else "unfinished")
    assert row["kimg"] == read[-1].kimg if read else pd.isna(row["kimg"])
    assert row["fid_best"] == scored["best"] if "best" in scored else pd.isna(row["fid_best"])


def test_a_reader_reads_again_what_has_changed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals: list[Path] = []

    def counted(directory: Path) -> Summary:
        journals.append(directory)
        return read_summary(directory)

    monkeypatch.setattr("ablations.results.results.read_summary", counted)
    one, other = (write_trial(tmp_path, BASELINE, seed, fid=20.0) for seed in (0, 1))
    running = make_trial(tmp_path, BASELINE, 2)
    reader = ResultReader()
    first = reader.read(trial_directories(tmp_path))
    assert first == read_results(tmp_path)
    assert [result.status for result in first] == ["finished", "finished", "unfinished"]
    journals.clear()
    assert reader.read(trial_directories(tmp_path)) is first
    assert journals == []

    write(running, list(story(running, 10.0)))
    write_cursor(other.directory, Cursor(tracking_uri="sqlite:///x", experiment_id="1", run_id="abc"))
    second = reader.read(trial_directories(tmp_path))
    assert journals == [running.directory]
    assert [(result.status, result.run_id) for result in second] == [
        ("finished", None),
        ("finished", "abc"),
        ("finished", None),
    ]
    assert second == read_results(tmp_path)
    assert [result.seed for result in reader.read([one.directory])] == [0]
