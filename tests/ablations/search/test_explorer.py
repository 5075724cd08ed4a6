"""Optuna's side of a search: each sampler by name, repeats, refusals, a database put right after whatever happened."""

from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from ablations.search.exploration import Exploration, read_explored
from ablations.search.explorer import SUGGESTION
from ablations.search.ledger import REASON, STATUS, WITHDRAWN
from ablations.study.designs.search_options import EXPLORED_SEEDS, SAMPLERS
from gan_core.workers.job import Report
from tests.ablations.journals import story
from tests.ablations.search.hunts import Hunt
from tests.ablations.search.searches import SPACE

RANGES = {key: SPACE[key] for key in ("lr_d", "beta2", "optimizer_d", "momentum", "instance_noise.sigma")}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_sampler_finds_as_many_different_arms_as_asked_for(sampler: str, tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"sampler": sampler, "arms": 6}, space=RANGES)
    trained = hunt.finish()
    assert len({trial.config.fingerprint() for trial in hunt.exploration.trials() if trial.seed == EXPLORED_SEEDS}) == 6
    assert len(set(trained)) == len(trained) >= 6
    assert hunt.finish() == []
    for entry in hunt.entries():
        assert ("momentum" in entry.params) is (entry.params["optimizer_d"] == "sgd")
        assert ("instance_noise.sigma" in entry.params) is entry.params["noise"]
        assert entry.state == TrialState.COMPLETE


def test_samplers_differ_and_the_seed_decides(tmp_path: Path) -> None:
    suggested = {}
    for name, explore in {
        "tpe": {"sampler": "tpe"},
        "again": {"sampler": "tpe"},
        "other": {"sampler": "tpe", "seed": 1},
        "qmc": {"sampler": "qmc"},
    }.items():
        hunt = Hunt(tmp_path / name, explore, space=RANGES)
        hunt.finish()
        suggested[name] = hunt.suggested()
    assert suggested["tpe"] == suggested["again"]
    assert suggested["tpe"] != suggested["other"]
    assert suggested["tpe"] != suggested["qmc"]


def test_a_repeat_is_a_further_seed_of_its_arm_until_it_has_them_all(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"arms": 8, "seeds": 2, "sampler": "random"})
    hunt.finish()
    suggestions = read_explored(hunt.root).suggestions
    seeds: dict[str, list[int]] = {}
    for own in suggestions:
        if own.is_a == "trial":
            assert own.seed is not None
            seeds.setdefault(own.arm, []).append(own.seed)
    assert len(seeds) == 8  # all that there are
    assert {tuple(found) for found in seeds.values()} == {(EXPLORED_SEEDS,), (EXPLORED_SEEDS, EXPLORED_SEEDS + 1)}
    repeated = [own for own in suggestions if own.is_a == "repeated"]
    assert repeated
    states = {e.user_attrs[SUGGESTION]: (e.state, e.user_attrs[STATUS]) for e in hunt.entries()}
    for number, own in enumerate(suggestions):
        finished = (TrialState.COMPLETE, "finished")
        assert states[number] == (finished if own.is_a == "trial" else (TrialState.FAIL, "repeated"))


def test_what_a_rule_forbids_is_told_with_its_reason_and_counts_as_no_arm(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"arms": 12, "sampler": "random"}, space={"loss": ["non_saturating", "hinge"]})
    hunt.finish()
    refused = [entry for entry in hunt.entries() if entry.user_attrs[STATUS] == "forbidden"]
    assert refused
    for entry in refused:
        assert entry.params["smooth"] is True
        assert entry.params["loss"] == "hinge"
        assert entry.state == TrialState.FAIL
        assert "label_smoothing" in entry.user_attrs[REASON]
    assert len(hunt.exploration.arms) == 12


@pytest.mark.parametrize("sampler", ["tpe", "qmc", "cmaes"])
def test_killed_between_any_two_trials_it_suggests_what_it_would_have(sampler: str, tmp_path: Path) -> None:
    straight = Hunt(tmp_path / "straight", {"sampler": sampler, "arms": 5}, space=RANGES)
    straight.finish()
    broken = Hunt(tmp_path / "broken", {"sampler": sampler, "arms": 5}, space=RANGES)
    while broken.finish(most=1):
        pass
    assert broken.suggested() == straight.suggested()
    assert len(broken.entries()) == len(straight.entries())
    assert [entry.value for entry in broken.entries()] == [entry.value for entry in straight.entries()]


def test_killed_within_a_trial_it_goes_on_first(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path)
    hunt.storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    explorer = hunt.open()
    handed_out = explorer.next_trials()
    first, second = next(handed_out), next(handed_out)
    events = list(story(second, 7.0))
    hunt.train(explorer, second, events[: len(events) // 2])
    again = hunt.open()
    going_on = again.next_trials()
    assert [next(going_on).name, next(going_on).name] == [first.name, second.name]
    hunt.train(again, second, events[len(events) // 2 :])
    assert second.name not in hunt.finish()
    entry = hunt.entries()[1]
    assert (entry.state, entry.value, len(entry.intermediate_values)) == (TrialState.COMPLETE, 7.0, 4)


def test_killed_between_the_suggestion_and_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hunt = Hunt(tmp_path)
    hunt.finish(most=2)
    with monkeypatch.context() as patch:
        patch.setattr(Exploration, "take", lambda self, params: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            hunt.finish(most=1)
    assert hunt.entries()[-1].state == TrialState.RUNNING
    hunt.finish()
    withdrawn = [entry for entry in hunt.entries() if entry.user_attrs[STATUS] == WITHDRAWN]
    assert [entry.state for entry in withdrawn] == [TrialState.FAIL]
    assert len(hunt.exploration.arms) == 6
    assert len(hunt.entries()) == len(hunt.suggested()) + 1


def test_a_removed_database_is_made_anew_and_nothing_is_suggested_again(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"sampler": "qmc", "arms": 6}, space=RANGES)
    hunt.finish(most=4)
    before = [(e.params, e.value, e.intermediate_values) for e in hunt.entries()]
    hunt.storage = optuna.storages.InMemoryStorage()
    hunt.finish()
    after = [(e.params, e.value, e.intermediate_values) for e in hunt.entries()]
    assert after[:4] == before[:4]
    points = [tuple(sorted(params.items())) for params in hunt.suggested()]
    assert len(set(points)) == len(points)
    assert len(hunt.exploration.arms) == 6


def test_a_divergence_is_told_without_a_value_and_a_failure_is_tried_once_more(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"arms": 3, "seeds": 1})
    explorer = hunt.open()
    handed_out = explorer.next_trials()
    diverged, failed, fine = next(handed_out), next(handed_out), next(handed_out)
    hunt.train(explorer, diverged, list(story(diverged, 7.0, "diverged")))
    hunt.train(explorer, failed, list(story(failed, 7.0, "failed")))
    hunt.train(explorer, fine)
    assert list(handed_out) == []
    ends = [entry for entry in hunt.entries() if "arm" in entry.user_attrs]
    assert [(e.state, e.value, e.user_attrs[STATUS]) for e in ends[:2]] == [
        (TrialState.FAIL, None, "diverged"),
        (TrialState.FAIL, None, "failed"),
    ]
    assert not hunt.exploration.settle()
    again = hunt.open()
    (retried,) = again.next_trials()
    assert retried.name == failed.name
    again.enter(Report(retried.name, left="its process ended with exit code -9"))
    assert hunt.exploration.settle()
    assert hunt.exploration.explored.chosen == (fine.arm.name,)  # nothing is known of the others


def test_the_choice_is_by_the_mean_and_those_that_diverged_come_last(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"arms": 4, "seed": 2}, space={"lr_d": {"low": 1e-4, "high": 1e-2}})
    explorer = hunt.open()
    trials = list(explorer.next_trials())
    fids = dict(zip([trial.name for trial in trials], (9.0, 8.0, 7.0, 10.0), strict=True))
    for trial in trials:
        status = "diverged" if fids[trial.name] == 7.0 else "finished"
        hunt.train(explorer, trial, list(story(trial, fids[trial.name], status)))  # type: ignore[arg-type]
    assert hunt.exploration.settle()
    assert hunt.exploration.explored.chosen == (trials[1].arm.name, trials[0].arm.name)


def test_pruned_by_name_and_only_where_asked_for(tmp_path: Path) -> None:
    for pruner, expected in {"none": 0, "median": 1, "hyperband": 1}.items():
        hunt = Hunt(tmp_path / pruner, {"arms": 20, "pruner": pruner}, space={"lr_d": {"low": 1e-4, "high": 1e-2}})
        explorer, stopped = hunt.open(), 0
        for count, trial in enumerate(explorer.next_trials()):
            events = list(story(trial, 50.0 if count % 4 == 3 else 10.0))  # every fourth is bad from the beginning
            for number, event in enumerate(events):
                hunt.train(explorer, trial, [event])
                if why := explorer.gives_up(trial.name):
                    assert why.startswith(f"{pruner} pruner: FID ")
                    stopped += 1
                    end = events[-1].model_copy(update={"seq": number + 1, "status": "pruned", "reason": why})
                    hunt.train(explorer, trial, [end])
                    break
        states = [entry.state for entry in hunt.entries()]
        assert states.count(TrialState.PRUNED) == stopped
        assert (stopped > 0) is bool(expected)
        if pruner == "median":
            assert [number for number, state in enumerate(states) if state == TrialState.PRUNED] == [3, 7, 11, 15, 19]
