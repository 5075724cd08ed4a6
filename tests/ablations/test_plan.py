"""What a study will do, cost and show, said before it runs: against scipy, and against what a run then took."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from ablations.execution.estimate import ArmCost
from ablations.plan import Plan, plan_of
from ablations.plan_looks import shown_by
from ablations.results.run_spread import ASSUMED_SD, RunSpread
from ablations.statistics import DesignProspect, Prospect
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
    ("design", "comparisons", "runs", "df"),
    [
        ("one_in", 3, None, None),  # each trick against the baseline, a pair a seed
        ("one_out", 3, None, None),
        ("ladder", 3, None, None),
        ("arms", 3, None, None),
        ("factorial", 5, 12, 5),  # six of the eight arms can be: five effects, and a mean for each seed
        ("fractional", 3, 8, 3),  # each interaction is the alias of a main effect
    ],
)
def test_what_is_compared_in_each_design(design: str, comparisons: int, runs: int | None, df: int | None) -> None:
    shows = shown_by(load_study(DESIGNS / f"{design}.yaml"), RunSpread(0.1, 0.14, "assumed"), 2)
    assert shows.comparisons == comparisons
    if isinstance(shows, DesignProspect):
        assert (shows.runs, shows.degrees_of_freedom, shows.sd) == (runs, df, 0.1)
    else:
        assert (shows.n, shows.sd, runs) == (2, 0.14, None)


@pytest.mark.parametrize(
    ("seeds", "share", "df"), [(2, 1 / 16, 1), (3, 1 / 8, 2), (4, 1 / 8, 3), (6, 2 / 8, 7), (20, 5 / 8, 23)]
)
def test_what_the_seeds_can_show(seeds: int, share: float, df: int, tmp_path: Path, costs: None) -> None:
    """The smallest effect of power 80 %, from the noncentral t distribution, at the look that the seeds suffice for.

    Its share of alpha is that of the usual looks (3, 5, 8, 12, 20, ...) in whose place it comes. From five seeds on the
    spread of each of three comparisons has degrees of freedom of the other two: a quarter of theirs, at most four.
    """
    tricks: dict[str, dict[str, Any]] = {"ttur": {"lr_d": 8e-4}, "wide": {"width": 5}, "slow": {"lr_g": 1e-4}}
    shows = planned(tiny_study(tmp_path, seeds=seeds, tricks=tricks), tmp_path).shows.effects
    assert isinstance(shows, Prospect)
    assert (shows.n, shows.comparisons) == (seeds, 3)
    assert shows.alpha == pytest.approx(0.05 * share)
    assert shows.smallest_sign_flip_p == 2 / 2**seeds
    assert shows.detectable is not None
    assert shows.detectable_shown == pytest.approx(math.exp(shows.detectable))
    critical = stats.t.ppf(1 - 0.05 * share / 3 / 2, df)
    errors = shows.detectable / (ASSUMED_SD * math.sqrt(2)) * math.sqrt(seeds)
    assert stats.nct.sf(critical, df, errors) == pytest.approx(0.8, abs=1e-4)


def factorial_study(folder: Path, design: str, factors: int, seeds: int) -> Path:
    """A study file of these many harmless factors."""
    settings = [{"lr_d": 8e-4}, {"lr_g": 8e-4}, {"beta1": 0.4}, {"label_smoothing": 0.9}, {"dropout": 0.1}]
    path = write_study(folder, seeds, {f"f{i}": settings[i] for i in range(factors)})
    resolution = ', "resolution": 4' if design == "fractional" else ""
    path.write_text(path.read_text().replace('"one-in"', f'"{design}"{resolution}'))
    return path


def said_by_plan(path: Path, runs: Path) -> str:
    """What `plan` prints, on one line."""
    return " ".join(ablations("plan", path, "--runs", runs).out.split())


def test_one_seed_of_half_a_factorial_shows_nothing(tmp_path: Path, costs: None) -> None:
    said = said_by_plan(factorial_study(tmp_path, "fractional", 4, 1), tmp_path / "runs")
    assert "1 seed, 8 runs and 7 effects: no degree of freedom is left" in said
    assert "nothing can be shown" in said
    assert "times another or more" not in said
    three = said_by_plan(factorial_study(tmp_path, "fractional", 4, 3), tmp_path / "runs")
    assert "3 seeds, 24 runs and 7 effects leave 14 degrees of freedom" in three
    assert "of a main effect an FID 1.42 times another or more" in three
    assert "of an interaction (of the ratios) an FID 2.01 times another or more" in three


def test_one_seed_of_two_to_the_third_shows_next_to_nothing(tmp_path: Path, costs: None) -> None:
    said = said_by_plan(factorial_study(tmp_path, "factorial", 3, 1), tmp_path / "runs")
    assert "1 seed, 8 runs and 6 effects leave 1 degree of freedom" in said
    assert "of a main effect nothing below tenfold; of an interaction (of the ratios) nothing below tenfold" in said


def test_it_says_where_the_spread_comes_from(tmp_path: Path, costs: None) -> None:
    path, runs = write_study(tmp_path, seeds=4), tmp_path / "runs"
    assert "spread 0.23 (sd of a paired difference, log FID) assumed" in said_by_plan(path, runs)
    study = load_study(path)
    trials = trials_of(study, runs / "tiny")
    fids = dict(zip([trial.name for trial in trials], [10.0, 8.0, 12.0, 11.0, 9.0, 9.5, 11.0, 8.5], strict=True))
    for trial in trials:
        write_trial(runs / "tiny", trial.arm, trial.seed, fids[trial.name])
    (runs / "tiny" / "study.json").write_text(study.record().model_dump_json())
    differences = [math.log(fids[f"ttur-seed{seed}"] / fids[f"baseline-seed{seed}"]) for seed in range(4)]
    sd = stats.tstd(differences)
    assert f"spread {sd:.2g} (sd of a paired difference, log FID) from this study's 8 runs" in said_by_plan(path, runs)
    (tmp_path / "other").mkdir()
    other = write_study(tmp_path / "other", seeds=2, budget_kimg=0.5, tricks={"wide": {"dropout": 0.2}})
    words = " ".join(ablations("plan", other, "--as", "other", "--runs", runs).out.split())
    assert f"spread {sd:.2g} (sd of a paired difference, log FID) from study tiny (8 runs) like it" in words


def test_other_designs_are_advised(tmp_path: Path, costs: None) -> None:
    said = said_by_plan(factorial_study(tmp_path, "one-in", 5, 3), tmp_path / "runs")
    assert "designs of these 5 factors in 18 runs" in said
    assert "│ fraction of resolution III │ 8 │ 2 │ 16 │" in said
    assert "│ factorial │ 32 │ 0 │" in said
    assert "fraction of resolution V with 2 seeds, 32 runs, would find x1.41" in said
    assert "can't be told apart" not in said_by_plan(write_study(tmp_path), tmp_path / "runs")  # one factor


def test_said_in_words(tmp_path: Path, costs: None) -> None:
    said = {
        n: ablations("plan", write_study(tmp_path, seeds=n), "--runs", tmp_path / "runs").out for n in (1, 5, 8, 90)
    }
    words = {n: " ".join(text.split()) for n, text in said.items()}
    assert "1 seed: no interval and no test; nothing can be shown" in said[1]
    assert "seeds may be added: the next looks are at 3, 5, 8, 12, 20, ... seeds" in said[1]
    assert "5 seeds can't reach p < 0.0125 by flipping signs" in words[5]
    assert "the smallest two-sided p is 0.0625; 8 can" in words[5]
    assert "seeds may be added: the next looks are at 8, 12, 20, 32, 50, ... seeds" in words[5]
    assert "flipping signs" not in said[8]  # 2 / 2^8 is below 3 / 8 of 0.05
    assert "8 seeds and 1 comparison would show 4 times in 5: an FID 1.39 times another or more" in words[8]
    assert "seeds may be added: the next looks are at 12, 20, 32, 50, 80 seeds" in words[8]
    assert "next look" not in said[90]
    assert not (tmp_path / "runs").exists()


def test_how_often_the_budget_shows_each_image(tmp_path: Path, costs: None) -> None:
    """4,096 shapes; 0.3 kimg of them."""
    said = ablations("plan", write_study(tmp_path), "--runs", tmp_path / "runs").out
    assert "an epoch is 4096 images; the budget is 0.073 epochs" in said
    few = {"fewer": {"max_images": 20}, "mirrored": {"max_images": 20, "mirror": True}}
    words = ablations("plan", write_study(tmp_path, tricks={**TRICKS, **few}), "--runs", tmp_path / "runs").out
    assert "baseline, ttur: an epoch is 4096 images" in words
    assert "fewer: an epoch is 20 images; the budget is 15 epochs" in words
    assert "mirrored: an epoch is 40 images; the budget is 7.5 epochs" in words


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


def test_claims_are_tested_together_with_the_effects(tmp_path: Path, costs: None) -> None:
    """A claim that asks what the design asks is no further question; one about another metric is."""
    path = write_study(tmp_path, seeds=6)
    same = "{statement: s, source: t, comparison: baseline > ttur}"
    time = "{statement: s, source: t, comparison: ttur = baseline, metric: seconds}"
    path.write_text(f"{path.read_text().rstrip().removesuffix('}')}, claims: {{one: {same}, two: {time}}}\n}}")
    plan = planned(load_study(path), tmp_path)
    assert (plan.asked.effects, plan.asked.claims, plan.shows.effects.comparisons) == (1, 1, 2)
    assert "6 seeds, 1 comparison and 1 claim would show" in said_by_plan(path, tmp_path / "runs")
    assert plan.shows.claims is None  # a pair of arms is what the design itself compares


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
