"""Studies without scores: nothing is ranked, nothing falls over, and nothing is called failed."""

from pathlib import Path

import optuna
import pandas as pd
import pytest
from optuna.trial import TrialState

from ablations.execution.progress import StudyProgress
from ablations.leaderboard import NO_SCORES, leaderboard_of, write_csv
from ablations.results.results import read_results
from ablations.results.table import results_table
from ablations.search.ledger import KIMG_SEEN, VALUE_IS, Ledger
from ablations.terminal.leaderboard import show_leaderboard
from ablations.tracking.points import end_tags, points_of
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Evaluated
from gan_core.workers.job import Report
from tests.ablations.journals import make_arm, make_trial, story, write, write_trial

ARMS = [make_arm("baseline"), make_arm("dropout", ("dropout",))]


def unscored(trial: Trial) -> list[AnyEvent]:
    """What a run without an extractor tells."""
    events = story(trial, 1.0)
    return [event.model_copy(update={"scores": ()}) if isinstance(event, Evaluated) else event for event in events]


@pytest.fixture
def trials(tmp_path: Path) -> list[Trial]:
    """Two arms, two seeds, all at their end."""
    made = [make_trial(tmp_path, arm, seed) for seed in (0, 1) for arm in ARMS]
    for trial in made:
        write(trial, unscored(trial))
    return made


def test_results_have_no_number_where_nothing_was_measured(trials: list[Trial], tmp_path: Path) -> None:
    table = results_table(read_results(tmp_path))
    assert table["status"].tolist() == ["finished"] * 4
    assert table[["fid_best", "fid_last", "is_best", "fid_name", "fid_stamp"]].isna().all(axis=None)
    assert table["data_digest"].tolist() == ["d"] * 4


def test_the_leaderboard_says_no_scores_and_ranks_nothing(
    trials: list[Trial], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = leaderboard_of(read_results(tmp_path))
    (table,) = board.tables
    assert (table.score, table.protocol) == (NO_SCORES, "")
    assert [(row.rank, row.seeds_finished, row.data_digests) for row in table.rows] == [(None, 2, ("d",))] * 2
    assert {row.verdict for row in table.rows} == {"baseline", "can't tell"}
    write_csv(board, tmp_path / "board.csv")
    read = pd.read_csv(tmp_path / "board.csv")
    assert read["fid_mean"].isna().all()
    assert read["data_digests"].tolist() == ["d", "d"]
    show_leaderboard(board)
    told = capsys.readouterr().out
    assert "no scores" in told
    assert "lower is better" not in told


def test_before_any_end_there_is_no_score_yet(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, ARMS[0], 0)
    write(trial, unscored(trial)[:-3])
    assert leaderboard_of(read_results(tmp_path)).tables[0].score == ""


def test_beside_scored_arms_the_others_come_last(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS[0], 0, 20.0)
    trial = make_trial(tmp_path, ARMS[1], 0)
    write(trial, unscored(trial))
    (table,) = leaderboard_of(read_results(tmp_path)).tables
    assert [(row.rank, row.arm) for row in table.rows] == [(1, "baseline"), (None, "dropout")]


def without_fid_at_the_end(trial: Trial) -> list[AnyEvent]:
    """What a run with `metrics: is` tells: on the way there is always a FID."""
    return [
        event.model_copy(update={"scores": tuple(score for score in event.scores if score.metric != "fid")})
        if isinstance(event, Evaluated) and event.of != "progress"
        else event
        for event in story(trial, 1.0)
    ]


def test_without_a_fid_at_the_end_the_ledger_goes_on(trials: list[Trial], tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = Ledger(storage, "tiny", trials, {trial.name: [] for trial in trials})
    for trial in ledger.next_trials():
        for event in without_fid_at_the_end(trial):
            ledger.enter(Report(trial.name, event))
    study = optuna.load_study(study_name="tiny", storage=storage)
    assert len(study.trials) == 4
    for frozen in study.trials:
        assert (frozen.state, frozen.value) == (TrialState.COMPLETE, 1.2)
        assert frozen.user_attrs[VALUE_IS] == KIMG_SEEN
        assert frozen.intermediate_values != {}


def test_without_a_fid_at_the_end_the_leaderboard_says_why_nothing_is_ranked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arm in ARMS:
        trial = make_trial(tmp_path, arm, 0)
        write(trial, without_fid_at_the_end(trial))
    show_leaderboard(leaderboard_of(read_results(tmp_path)))
    told = capsys.readouterr().out
    assert "metrics without fid, as the study says; nothing is ranked" in told
    assert "extractor: none" not in told
    assert "ranked by the mean" not in told


def test_the_ledger_has_them_complete_and_says_what_the_value_is(trials: list[Trial], tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = Ledger(storage, "tiny", trials, {trial.name: [] for trial in trials})
    for trial in ledger.next_trials():
        for event in unscored(trial):
            ledger.enter(Report(trial.name, event))
    study = optuna.load_study(study_name="tiny", storage=storage)
    for frozen in study.trials:
        assert (frozen.state, frozen.value) == (TrialState.COMPLETE, 1.2)
        assert frozen.user_attrs[VALUE_IS] == KIMG_SEEN
        assert (frozen.user_attrs["status"], frozen.intermediate_values) == ("finished", {})


def test_progress_and_tracking_have_no_fid(trials: list[Trial]) -> None:
    progress = StudyProgress.of(trials, {trial.name: [] for trial in trials})
    events = unscored(trials[0])
    for event in events[:-1]:
        progress.enter(Report(trials[0].name, event))
    assert progress.running[trials[0].name].fid is None
    names = {point.name for point in points_of(events, 1.2)}
    assert not any("fid" in name or "score" in name for name in names)
    assert "loss_d" in names
    tags = end_tags(events)
    assert (tags["diverged"], tags["reason"]) == ("false", "the budget was spent")
    assert not any("protocol" in tag or "stamp" in tag for tag in tags)
