"""A search from the study file to the leaderboard: explore, choose, confirm on fresh seeds; stopped, and gone on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest

from ablations.execution.estimate import ArmCost
from ablations.leaderboard import csv_of, frame_of, json_of
from ablations.leaderboard.text.cells import drawn
from ablations.plan import plan_of
from ablations.results.results import read_results
from ablations.search.ledger import STATUS
from ablations.statistics import Looks
from ablations.study.arm import Arm
from ablations.study.designs.search_options import EXPLORED_SEEDS
from ablations.study.study import load_study
from ablations.terminal.execution_end import show_outcome
from ablations.workspace.explored import NAME, read_explored
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent
from gan_core.machine.resources import Resources
from gan_core.problems import UserError
from tests.ablations.journals import story
from tests.ablations.search.searches import (
    SearchSession,
    Trainer,
    made_up_fid,
    run_search,
    search_study,
    table_of,
    write_search,
)

pytestmark = pytest.mark.usefixtures("sessions")
RANGE = {"lr_d": {"low": 1e-4, "high": 1e-2, "log": True}}


class Hopeless(Trainer):
    """Every fourth explored arm is bad from its beginning, and so is everything that confirms."""

    def events(self, trial: Trial) -> Iterator[AnyEvent]:
        bad = trial.stage == "confirm" or len(self.trained) % 4 == 0
        return story(trial, 99.0 if bad else made_up_fid(trial.config.plain()))


def test_to_the_leaderboard(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = search_study(tmp_path, {"sampler": "random"})
    session = run_search(study, tmp_path, home)
    assert session.progress.is_done
    explored = read_explored(tmp_path / "hunt")
    tried = {own.arm for own in explored.suggestions if own.is_a == "trial"}
    assert len(tried) == 6
    assert explored.chosen is not None
    table = table_of(session)
    assert {row.arm for row in table.rows} == {"baseline", *explored.chosen}
    assert [row.rank for row in table.rows] == [1, 2, 3]
    assert all(set(row.scores) == {0, 1, 2} for row in table.rows)
    assert {row.arm for row in table.explored} == tried
    for row in table.explored:
        assert (row.rank, row.verdict, row.comparison) == (None, "explored", None)
        assert min(row.scores) >= EXPLORED_SEEDS
    best = sorted((row for row in table.explored if not row.is_baseline), key=lambda row: row.fid.mean)
    assert tuple(row.arm for row in best[:2]) == explored.chosen
    judged = [row.comparison for row in table.rows if row.comparison is not None]
    raw = sorted(comparison.contrast.p for comparison in judged)
    share = Looks.of_count(3).shares[0]
    assert sorted(c.p_adjusted for c in judged)[0] == pytest.approx(
        min(1, 2 * raw[0] / share)
    )  # over the best two alone

    show_outcome(session, stopped=False)
    shown = capsys.readouterr().out
    assert "explored: 6 different arms of 6 in" in shown
    assert f"confirmed on fresh seeds: {', '.join(explored.chosen)}" in shown
    assert "Optuna's importances, shares of what varied among the explored trials and no effects:" in shown


def test_what_the_confirmed_arms_are(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = run_search(search_study(tmp_path, {"sampler": "random"}, space=RANGE), tmp_path, home)
    show_outcome(session, stopped=False)
    shown = capsys.readouterr().out
    for name in read_explored(tmp_path / "hunt").chosen or ():
        (rate,) = {trial.config.lr_d for trial in session.trials if trial.arm.name == name}
        assert f"  {name}: lr_d {rate:g}" in shown


def test_the_leaderboards_marks(tmp_path: Path, home: Path) -> None:
    session = run_search(search_study(tmp_path, {"sampler": "random"}), tmp_path, home)
    table, board = table_of(session), session.outputs.leaderboard()
    frame = frame_of(board)
    assert frame["kind"].tolist() == ["arm"] * 3 + ["explored"] * 6
    assert frame["rank"].tolist()[:3] == [1, 2, 3]
    assert frame["rank"].isna().tolist() == [False] * 3 + [True] * 6
    assert frame["p_adjusted"].isna().tolist()[3:] == [True] * 6
    assert csv_of(board).count(",explored,") == 12  # kind and verdict
    assert '"expected_best": [' in json_of(board)
    words = drawn(table)
    assert len(words.rows) == 3
    assert [row[0] for row in words.floors] == [""] * 6
    assert any(note.startswith("explored: what the search tried") for note in words.notes)
    (expected,) = (note for note in words.notes if note.startswith("best FID to expect of this many explored trials"))
    trials = [r for r in read_results(tmp_path / "hunt") if r.stage == "explore"]
    fids = [score.value for r in trials if (score := r.score("fid", "best")) is not None]
    assert f"{sum(fids) / len(fids):.1f} of 1" in expected  # one draw: the mean
    assert table.expected[0].best == pytest.approx(sum(fids) / len(fids))


def test_it_names_what_was_searched(tmp_path: Path, home: Path) -> None:
    session = run_search(search_study(tmp_path, {"arms": 3}, space=RANGE), tmp_path, home)
    for row in (*table_of(session).rows, *table_of(session).explored):
        assert list(row.factors) == ["dropout", "noise", "smooth", "lr_d"]
        assert set(row.factors.values()) - {row.factors["lr_d"]} <= {"on", "off"}
    lr = {float(row.factors["lr_d"]) for row in table_of(session).explored}
    assert len(lr) == 3
    assert {r.factors["lr_d"] for r in table_of(session).rows if r.is_baseline} == {"0.0002"}


@pytest.mark.parametrize("reports", [7, 30])
def test_stopped_again_and_again_it_ends_as_in_one_go(
    reports: int, tmp_path: Path, home: Path, monkeypatch: Any
) -> None:
    study = search_study(tmp_path, {"arms": 5}, space=RANGE)
    straight = run_search(study, tmp_path / "straight", home)
    monkeypatch.setattr(SearchSession, "kept", optuna.storages.InMemoryStorage())
    executions = 1
    while not (session := run_search(study, tmp_path / "broken", home, stop_after=reports)).progress.is_done:
        executions += 1
        assert executions < 60
    assert executions > 3
    first, second = (tmp_path / name / "hunt" / NAME for name in ("straight", "broken"))
    assert first.read_text() == second.read_text()
    assert csv_of(straight.outputs.leaderboard()) == csv_of(session.outputs.leaderboard())


def test_everything_is_told_to_the_tracker_and_to_optuna(tmp_path: Path, home: Path) -> None:
    session = run_search(search_study(tmp_path, {"arms": 4}), tmp_path, home)
    names = [trial.name for trial in session.trials]
    assert len(set(names)) == len(names)
    assert sorted(session.tracker.admitted) == sorted(session.tracker.ended) == sorted(names)
    assert session.trainer is not None
    assert sorted(session.trainer.trained) == sorted(names)
    stages = {}
    for study in ("hunt", "hunt-confirm"):
        entries = optuna.load_study(study_name=study, storage=session.kept).get_trials()
        stages[study] = [e.user_attrs["arm"] for e in entries if e.user_attrs[STATUS] == "finished"]
    assert len(stages["hunt"]) == sum(trial.stage == "explore" for trial in session.trials)
    assert len(stages["hunt-confirm"]) == sum(trial.stage == "confirm" for trial in session.trials) == 9


def test_trials_are_stopped_early_while_exploring_and_never_while_confirming(tmp_path: Path, home: Path) -> None:
    study = search_study(tmp_path, {"arms": 8, "pruner": "median", "sampler": "random"}, space=RANGE)
    session = run_search(study, tmp_path, home, trainer=Hopeless)
    assert session.progress.is_done
    assert session.trainer is not None
    assert session.trainer.halted
    by_stage = {
        stage: [r for r in read_results(tmp_path / "hunt") if r.stage == stage] for stage in ("explore", "confirm")
    }
    pruned = [result.name for result in by_stage["explore"] if result.status == "pruned"]
    assert sorted(pruned) == sorted(session.trainer.halted)
    assert {result.status for result in by_stage["confirm"]} == {"finished"}
    assert set(by_stage) == {"explore", "confirm"}
    chosen = read_explored(tmp_path / "hunt").chosen
    assert chosen is not None
    assert not {name.rpartition("-seed")[0] for name in pruned} & set(chosen)
    assert sum(row.seeds_pruned for row in table_of(session).explored) == len(pruned)
    again = run_search(study, tmp_path, home)
    assert again.trainer is None or again.trainer.trained == []


def test_without_arms_that_have_a_score_only_the_baseline_is_confirmed(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = search_study(tmp_path, {"arms": 3, "seeds": 1})

    def all_diverge(session: Any) -> Trainer:
        return Trainer(session, lambda trial: "diverged" if trial.stage == "explore" else "finished")

    session = run_search(study, tmp_path, home, trainer=all_diverge)
    assert [row.arm for row in table_of(session).rows] == ["baseline"]
    show_outcome(session, stopped=False)
    assert "confirmed on fresh seeds: none, for no explored arm has a FID" in capsys.readouterr().out


def test_more_confirming_seeds_may_come_and_another_space_may_not(tmp_path: Path, home: Path) -> None:
    study = search_study(tmp_path, {"arms": 3}, space=RANGE)
    run_search(study, tmp_path / "runs", home)
    more = search_study(tmp_path, {"arms": 3}, space=RANGE, confirm={"best": 2, "seeds": 4})
    session = run_search(more, tmp_path / "runs", home)
    assert session.trainer is not None
    assert {name.rpartition("-seed")[2] for name in session.trainer.trained} == {"3"}
    assert len(session.trainer.trained) == 3
    changed = {
        "space.lr_d.high": search_study(tmp_path, {"arms": 3}, space={"lr_d": {**RANGE["lr_d"], "high": 1e-1}}),
        "explore.arms": search_study(tmp_path, {"arms": 4}, space=RANGE),
        "explore.sampler": search_study(tmp_path, {"arms": 3, "sampler": "random"}, space=RANGE),
        "best": search_study(tmp_path, {"arms": 3}, space=RANGE, confirm={"best": 1, "seeds": 4}),
        "tricks.dropout.dropout": search_study(
            tmp_path, {"arms": 3}, space=RANGE, tricks={"dropout": {"dropout": 0.4}, "smooth": {"label_smoothing": 0.9}}
        ),
    }
    for where, other in changed.items():
        with pytest.raises(UserError) as caught, open_workspace(other, tmp_path / "runs"):
            pass
        told = "\n".join(map(str, caught.value.problems))
        assert f"{where}: " in told
        assert " before, " in told


def test_what_a_search_will_do_at_most(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def costs(arms: Sequence[Arm], resources: Resources) -> dict[str, ArmCost]:
        return {arm.name: ArmCost(arm.name, 10, 2.0, 1.0) for arm in arms}

    monkeypatch.setattr("ablations.plan.arm_costs", costs)
    study = load_study(write_search(tmp_path, {"arms": 4, "seeds": 3}))
    assert study.most_trials == 4 * 3 + (2 + 1) * 3
    plan = plan_of(study, tmp_path, home, Resources(1, 1, ("cpu",)), retrain=False)
    assert len(plan.trials) + plan.trials_to_come == study.most_trials
    assert plan.shows.effects.comparisons == 2
    assert plan.seconds == 3.0 * study.most_trials
    assert len(plan.costs) > 1  # the space's arms may cost more than the baseline
