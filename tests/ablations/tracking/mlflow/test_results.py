"""A leaderboard from a tracking store alone is the one from the disk."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ablations.leaderboard import frame_of, json_of
from ablations.leaderboard.explain import explain
from ablations.leaderboard.source import from_folders
from ablations.statistics import Rule
from ablations.study.claims.records import Claim, OfArms
from ablations.tracking.mlflow.context import TAG
from ablations.tracking.mlflow.execution_run import Executions
from ablations.tracking.mlflow.results import from_mlflow
from ablations.tracking.mlflow.store import open_store
from ablations.tracking.tags import PIECE, record_of, record_tags
from ablations.workspace.trials import Trial
from gan_core.problems import UserError
from tests.ablations.command import ablations
from tests.ablations.journals import make_arm, make_trial, story, write, write_entries, write_study_json, write_trial
from tests.ablations.tracking.conftest import Place

CLAIM = Claim(
    name="dropout helps",
    statement="it does",
    source="somebody",
    comparison="dropout < baseline",
    relation="<",
    test=OfArms(left="dropout", right="baseline"),
)


@pytest.fixture
def trials(tmp_path: Path) -> list[Trial]:
    """Two arms; one seed that diverged, one that failed, one that goes on."""
    root = tmp_path / "tiny"
    baseline, dropout = make_arm("baseline"), make_arm("dropout", ("dropout",))
    made = [write_trial(root, baseline, seed, fid) for seed, fid in enumerate((30.0, 1 / 3, 50.0))]
    made += [write_trial(root, dropout, seed, fid) for seed, fid in enumerate((20.0, 0.1, 41.0))]
    made.append(write_trial(root, dropout, 3, 0.1, "diverged"))
    made.append(write_trial(root, dropout, 4, 0.1, "failed", inert=("dropout",)))
    made.append(make_trial(root, baseline, 3))
    write(made[-1], list(story(made[-1], 5.0))[:8])
    return made


def ship(place: Place, execution_of: Any, trials: list[Trial]) -> None:
    tracker = place.tracker()
    tracker.begin(execution_of(*trials))
    tracker.start()
    for trial in trials:
        tracker.notify(trial, ended=True)
    assert tracker.close(100) == ""


def test_equals_the_one_from_the_disk(place: Place, execution_of: Any, trials: list[Trial], tmp_path: Path) -> None:
    ship(place, execution_of, trials)
    stored, kept = from_mlflow(place.uri, [place.experiment]), from_folders([tmp_path / "tiny"])
    assert stored.warning == ""
    assert json_of(stored.leaderboard()) == json_of(kept.leaderboard())
    assert [r.status for r in stored.results] == [r.status for r in kept.results]
    assert len(frame_of(stored.leaderboard())) == 2
    found = explain("baseline", "dropout", stored.results, "best", stored.journal_of)
    assert found == explain("baseline", "dropout", kept.results, "best", kept.journal_of)


def test_claims_rule_floors_and_other_scores_too(place: Place, execution_of: Any, trials: list[Trial]) -> None:
    root = trials[0].directory.parents[1]
    made = execution_of(*trials)
    write_study_json(root, rule=Rule(margin=0.5), claims=(CLAIM,))
    ship(place, lambda *_: replace(made, directory=root), trials)
    write_entries(root)  # after the end: only `sync` sends them
    late = from_mlflow(place.uri, [place.experiment])
    assert (late.contexts["tiny"].rule.margin, late.contexts["tiny"].entries) == (0.5, ())

    executions = Executions(open_store(place.uri, place.experiment, None), root)
    executions.runs[-1].keep_context()
    stored, kept = from_mlflow(place.uri, [place.experiment]), from_folders([root])
    (table,) = kept.leaderboard().tables
    assert ([len(table.claims), len(table.floors), len(table.elsewhere)], table.rule.margin) == ([1, 2, 1], 0.5)
    assert json_of(stored.leaderboard()) == json_of(kept.leaderboard())
    assert (stored.contexts, stored.warning) == (kept.contexts, "")
    from_store = ablations("leaderboard", place.experiment, "--from-mlflow", place.uri, "--md", "-")
    assert from_store.out == ablations("leaderboard", root, "--md", "-").out
    assert from_store.err == ""
    assert all(text in from_store.out for text in ("it does", "real images", "theirs"))


def test_a_store_that_was_not_told_says_so(place: Place, execution_of: Any, trials: list[Trial]) -> None:
    ship(place, execution_of, trials)
    parent = place.runs()["parent"]
    place.client.delete_tag(parent.info.run_id, TAG)
    source = from_mlflow(place.uri, [place.experiment])
    assert "has no rule, claims, floors and external scores of study tiny" in source.warning
    assert source.leaderboard().tables[0].rule == Rule()


def test_runs_that_say_too_little_are_counted(place: Place, execution_of: Any, trials: list[Trial]) -> None:
    ship(place, execution_of, trials[:2])
    old = next(run for run in place.runs().values() if run.data.tags.get("arm"))
    place.client.delete_tag(old.info.run_id, "ablations.record.0")
    source = from_mlflow(place.uri, [place.experiment])
    assert len(source.results) == 1
    assert source.warning.startswith("1 runs were sent by an older version")


def test_unknown_experiments_and_empty_ones(place: Place) -> None:
    place.client.create_experiment(place.experiment)
    with pytest.raises(UserError, match="there is no trial in this store"):
        from_mlflow(place.uri, [place.experiment])
    with pytest.raises(UserError, match="no experiment is called 'nothing'"):
        from_mlflow(place.uri, ["nothing"])


def test_a_record_of_any_length_survives(tmp_path: Path) -> None:
    record = make_trial(tmp_path, make_arm("baseline"), 0).record()
    long = record.model_copy(update={"arm": "x" * (2 * PIECE)})
    tags = record_tags(long)
    assert max(map(len, tags.values())) == PIECE
    assert record_of(tags) == long
    assert record_of({"arm": "baseline"}) is None
