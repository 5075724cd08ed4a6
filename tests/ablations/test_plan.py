"""What a study will do, cost and show, said before it runs: against scipy, and against what a run then took."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from ablations.execution.estimate import ArmCost
from ablations.plan import Plan, comparisons_of, pairs_of, plan_of
from ablations.study.arm import Arm
from ablations.study.study import Study, load_study
from ablations.workspace.trials import trials_of
from gan_core import journal
from gan_core.events import Finished
from gan_core.machine.resources import Resources
from tests.ablations.command import ablations
from tests.ablations.journals import write_trial
from tests.ablations.tiny import TRICKS, tiny_study, write_study

DESIGNS = Path(__file__).parents[2] / "studies" / "designs"
ONE = Resources(1, 1, ("cpu",))


def made_up(arms: Sequence[Arm], resources: Resources) -> dict[str, ArmCost]:
    return {arm.name: ArmCost(arm.name, 10, 3.0 + place, 1.0) for place, arm in enumerate(arms)}


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 s for a trial of the first arm, 5 s for one of the second, ..."""
    monkeypatch.setattr("ablations.plan.arm_costs", made_up)


def planned(study: Study, tmp_path: Path, resources: Resources = ONE) -> Plan:
    return plan_of(study, tmp_path / "runs", tmp_path / "home", resources, retrain=False)


@pytest.mark.parametrize(
    ("design", "comparisons", "pairs"),
    [
        ("one_in", 3, 2),  # each trick against the baseline, a pair a seed
        ("one_out", 3, 2),
        ("ladder", 3, 2),
        ("arms", 3, 2),
        ("factorial", 3 + 3, 2 * 3),  # main effects and interactions; six of the eight arms can be, half of them with
        ("fractional", 3, 2 * 2),  # each interaction is the alias of a main effect
    ],
)
def test_comparisons_and_pairs_of_each_design(design: str, comparisons: int, pairs: int) -> None:
    study = load_study(DESIGNS / f"{design}.yaml")
    assert (comparisons_of(study), pairs_of(study)) == (comparisons, pairs)


@pytest.mark.parametrize("seeds", [2, 5, 6, 20])
def test_what_the_seeds_can_show(seeds: int, tmp_path: Path, costs: None) -> None:
    """The smallest effect of power 80 %, from the noncentral t distribution, at the strictest step of Holm."""
    tricks: dict[str, dict[str, Any]] = {"ttur": {"lr_d": 8e-4}, "wide": {"width": 5}}
    plan = planned(tiny_study(tmp_path, seeds=seeds, tricks=tricks), tmp_path)
    assert plan.comparisons == 2
    for prospect, sd in zip(plan.prospects, (0.05, 0.2), strict=True):
        assert prospect.smallest_sign_flip_p == 2 / 2**seeds
        assert prospect.sign_flips_can_answer is (2 / 2**seeds <= 0.05)
        assert prospect.detectable is not None
        assert prospect.detectable_shown == pytest.approx(math.exp(prospect.detectable))
        critical = stats.t.ppf(1 - 0.05 / 2 / 2, seeds - 1)
        power = stats.nct.sf(critical, seeds - 1, prospect.detectable / sd * math.sqrt(seeds))
        assert power == pytest.approx(0.8, abs=1e-4)


def test_said_in_words(tmp_path: Path, costs: None) -> None:
    said = {n: ablations("plan", write_study(tmp_path, seeds=n), "--runs", tmp_path / "runs").out for n in (1, 5, 6)}
    assert "5 seeds can't reach p < 0.05 by flipping signs" in said[5]
    assert "the smallest two-sided p is 0.0625; 6 can" in " ".join(said[5].split())
    assert "flipping signs" not in said[6]
    assert "1 seed: no interval and no test; nothing can be shown" in said[1]
    assert not (tmp_path / "runs").exists()


def test_what_is_done_costs_nothing(tmp_path: Path, costs: None) -> None:
    study = tiny_study(tmp_path, seeds=3)
    assert planned(study, tmp_path).seconds == 3 * (4 + 5)
    first = trials_of(study, tmp_path / "runs" / "tiny")[0]
    write_trial(tmp_path / "runs" / "tiny", first.arm, 0, 7.0)
    (tmp_path / "runs" / "tiny" / "study.json").write_text(study.record().model_dump_json())
    rest = planned(study, tmp_path)
    assert [rest.is_done(trial) for trial in rest.trials] == [True, False, False, False, False, False]
    assert rest.seconds == 2 * 4 + 3 * 5
    assert planned(study, tmp_path, Resources(5, 1, ("cpu",))).seconds == 5


def test_what_is_on_record_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of trials that are done there are the times in their journals; of one that diverged they are scaled up."""
    measured: list[str] = []

    def noted(arms: Sequence[Arm], resources: Resources) -> dict[str, ArmCost]:
        measured.extend(arm.name for arm in arms)
        return made_up(arms, resources)

    monkeypatch.setattr("ablations.plan.arm_costs", noted)
    study = tiny_study(tmp_path, seeds=2, budget_kimg=1.2)
    root = tmp_path / "runs" / "tiny"
    for trial in trials_of(study, root):
        write_trial(root, trial.arm, trial.seed, 7.0, "diverged" if trial.arm.name == "ttur" else "finished")
    (root / "study.json").write_text(study.record().model_dump_json())
    plan = planned(study, tmp_path)
    assert measured == []
    assert plan.seconds == 0
    end = journal.read(plan.trials[0].directory)[-1]
    assert isinstance(end, Finished)
    assert plan.costs["baseline"].total_s == pytest.approx(end.wall_s)
    assert plan.costs["ttur"].total_s == pytest.approx(end.wall_s)  # as long as a whole run would have taken
    assert {name: cost.recorded_runs for name, cost in plan.costs.items()} == {"baseline": 2, "ttur": 2}
    path = write_study(tmp_path, seeds=2, budget_kimg=1.2)
    said = ablations("plan", path, "--runs", tmp_path / "runs", "--device", "cpu").out
    assert "times: recorded in 4 runs\n" in said
    assert measured == []
    planned(tiny_study(tmp_path, seeds=3, budget_kimg=1.2), tmp_path)
    assert measured == ["baseline", "ttur"]  # nothing says that these runs were trained on this machine


def test_another_studys_times_on_this_machine_are_taken(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many threads on such a device; and only for the configurations that it has trained."""
    measured: list[str] = []

    def noted(arms: Sequence[Arm], resources: Resources) -> dict[str, ArmCost]:
        measured.extend(arm.name for arm in arms)
        return made_up(arms, resources)

    monkeypatch.setattr("ablations.plan.arm_costs", noted)
    monkeypatch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)
    path, tricks = write_study(tmp_path, seeds=1), {"slow": TRICKS["ttur"], "wide": {"width": 5}}
    place = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--runs", tmp_path / "runs")
    assert ablations("run", path, *place, "--offline", "--no-floors", "--no-report").code == 0
    (tmp_path / "other").mkdir()
    file = write_study(tmp_path / "other", seeds=4, tricks=tricks)
    other = load_study(file, "other")
    plan = plan_of(other, tmp_path / "runs", home, ONE, retrain=False)
    assert measured == ["wide"]
    ends = {
        folder.name.partition("-")[0]: journal.read(folder)[-1] for folder in (tmp_path / "runs/tiny/trials").iterdir()
    }
    for arm, trained in (("baseline", "baseline"), ("slow", "ttur")):
        assert plan.costs[arm].total_s == pytest.approx(ends[trained].wall_s)
        assert plan.costs[arm].recorded_runs == 1
    conditions = ("--as", "other", "--workers", 1, "--threads", 1, "--device", "cpu")
    words = ablations("plan", file, *conditions, "--runs", tmp_path / "runs").out
    assert "times: recorded in 2 runs of baseline, slow; measured just now for wide" in words
    measured.clear()
    plan_of(other, tmp_path / "runs", home, Resources(1, 2, ("cpu",)), retrain=False)
    assert measured == ["baseline", "slow", "wide"]  # two threads take another time
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    measured.clear()
    plan_of(other, tmp_path / "runs", home, ONE, retrain=False)
    assert measured == ["baseline", "slow", "wide"]


def test_claims_are_answered_together(tmp_path: Path, costs: None) -> None:
    path = write_study(tmp_path, seeds=6)
    claim = "{statement: s, source: t, comparison: ttur < baseline}"
    path.write_text(f"{path.read_text().rstrip().removesuffix('}')}, claims: {{one: {claim}, two: {claim}}}\n}}")
    plan = planned(load_study(path), tmp_path)
    assert [prospect.comparisons for prospect in plan.claim_prospects] == [2, 2]
    assert plan.claim_prospects[0].n == 6
    assert planned(tiny_study(tmp_path), tmp_path).claim_prospects == ()


@pytest.mark.slow
def test_the_costs_beside_what_it_took(tmp_path: Path, home: Path) -> None:
    """Within a factor of three of the wall time of the runs, on a machine that others use too."""
    path = write_study(tmp_path, seeds=1, budget_kimg=6, progress_samples=500, full_samples=2000)
    plan = plan_of(load_study(path), tmp_path / "runs", home, ONE, retrain=False)
    words = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--offline", "--no-floors", "--no-report")
    assert ablations("run", path, *words, "--runs", tmp_path / "runs").code == 0
    took = 0.0
    for trial in plan.trials:
        end = journal.read(trial.directory)[-1]
        assert isinstance(end, Finished)
        took += end.wall_s
    assert took / 3 < plan.seconds < 3 * took
