"""A plan of a study that is judged at looks: what each can show, how long until then, and what is due."""

import math
from pathlib import Path

import pytest
from scipy import optimize, stats

from ablations.results.run_spread import ASSUMED_SD
from ablations.study.study import load_study
from ablations.workspace.looks_taken import LookTaken, write_looks_taken
from ablations.workspace.trials import trials_of
from tests.ablations.command import ablations
from tests.ablations.journals import story, write
from tests.ablations.test_plan import made_up, planned
from tests.ablations.tiny import write_study

TRICKS = {"ttur": {"lr_d": 8e-4}, "slow": {"lr_g": 1e-4}, "soft": {"label_smoothing": 0.9}}
LOOKS = [3, 5, 8]


@pytest.fixture(autouse=True)
def costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 s for a trial of the first arm, 5 s for one of the second, ..."""
    monkeypatch.setattr("ablations.plan.arm_costs", made_up)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = write_study(tmp_path, tricks=TRICKS)
    path.write_text(path.read_text().replace('"seeds": 1', f'"seeds": {{"looks": {LOOKS}}}'))
    return path


def smallest(df: int, alpha: float) -> float:
    """Standard errors that a t test finds with 80 % power, by scipy."""
    critical = stats.t.isf(alpha / 2, df)
    return float(optimize.brentq(lambda errors: stats.nct.sf(critical, df, errors) - 0.8, 0.1, 300))


def train(path: Path, runs: Path, seeds: int, arms: list[str]) -> None:
    """The trials of these arms up to a seed, as far as they are not there yet."""
    study, root = load_study(path), runs / "tiny"
    for trial in trials_of(study, root):
        if trial.seed < seeds and trial.arm.name in arms and not trial.directory.exists():
            trial.write_record()
            write(trial, list(story(trial, 10 * 1.01 ** (trial.seed * len(trial.arm.name)))))
    (root / "study.json").write_text(study.record().model_dump_json())


def take(root: Path, *going_on: list[str]) -> None:
    """Record looks after which these arms go on."""
    looks = [
        LookTaken(look=number, seeds=seeds, time=0, said=(), going_on=tuple(arms))
        for number, (seeds, arms) in enumerate(zip(LOOKS, going_on, strict=False), start=1)
    ]
    write_looks_taken(root, tuple(looks))


def said(path: Path, runs: Path) -> str:
    words = ("plan", path, "--runs", runs, "--workers", 1, "--device", "cpu")
    return " ".join(ablations(*words).out.split())


def test_each_look_by_its_share_and_with_what_pairs_lend(path: Path, tmp_path: Path) -> None:
    plan = planned(load_study(path), tmp_path)
    assert [(look.number, look.shows.seeds, look.runs, look.seconds) for look in plan.looks] == [
        (1, 3, 12, 3 * 22),
        (2, 5, 20, 5 * 22),
        (3, 8, 32, 8 * 22),
    ]
    assert plan.seconds == 8 * 22
    for look, lent in zip(plan.looks, (0, 2, 3), strict=True):
        seeds = look.shows.seeds
        share = seeds / sum(LOOKS)
        errors = smallest(seeds - 1 + lent, 0.05 * share / 3)
        assert look.shows.effects.alpha == pytest.approx(0.05 * share)
        expected = math.exp(errors * ASSUMED_SD * math.sqrt(2 / seeds))
        shown = look.shows.effects.detectable_shown  # type: ignore[union-attr]
        assert shown == pytest.approx(expected)


def test_before_anything_ran_the_first_look_is_due(path: Path, tmp_path: Path) -> None:
    words = said(path, tmp_path / "runs")
    assert "about 1:06 min for the first look (12 trials), at most 2:56 min for all 32" in words
    assert "3 comparisons are tested together, by its share of alpha; an arm of which all is said gets no more" in words
    assert "│ 2 │ 5 │ 20 │ 1:50 min │ 31 % │" in words
    assert "no more seeds" not in words.replace("gets no more seeds", "")


def test_in_progress_what_is_left_of_the_look_and_who_has_stopped(path: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    train(path, runs, 3, ["baseline", *TRICKS])
    train(path, runs, 4, ["slow"])
    take(runs / "tiny", ["baseline", "slow", "soft"])
    plan = planned(load_study(path), tmp_path)
    assert [(look.state, look.runs) for look in plan.looks] == [("taken", 12), ("to come", 18), ("to come", 27)]
    assert [len(look.trials) for look in plan.ahead] == [5, 9]
    words = said(path, runs)
    assert "for what is left of look 2 (5 trials), at most" in words
    assert "for all 14 that may be left" in words
    assert "all that was asked of them is decided or given up: ttur (after 3)" in words
    train(path, runs, 5, ["baseline", *TRICKS])
    take(runs / "tiny", ["baseline", "slow", "soft"], ["baseline", "soft"])
    words = said(path, runs)
    assert "for what is left of look 3, the last one (6 trials)" in words
    assert "decided or given up: ttur (after 3), slow (after 5)" in words


def test_when_all_is_said(path: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    train(path, runs, 3, ["baseline", *TRICKS])
    take(runs / "tiny", [])
    assert [look.state for look in planned(load_study(path), tmp_path).looks] == ["taken", "not needed", "not needed"]
    assert "nothing is left to train" in said(path, runs)


def test_looks_that_stop_nothing(path: Path, tmp_path: Path) -> None:
    path.write_text(path.read_text().replace("]}", '], "stop": "never"}'))
    words = said(path, tmp_path / "runs")
    assert "about 2:56 min for the 32 of 32 trials that are left" in words
    assert "no arm stops" in words
    assert "│ 1 │ 3 │ 12 │ 1:06 min │" in words


def test_effects_and_claims_at_each_look(path: Path, tmp_path: Path) -> None:
    claim = '"claims": {"c": {"statement": "s", "source": "t", "comparison": "ttur < slow"}}'
    path.write_text(path.read_text().replace('"one-in"', '"factorial"').rstrip().removesuffix("}") + f", {claim}}}")
    plan = planned(load_study(path), tmp_path)
    look = plan.looks[0]
    assert (plan.asked.effects, plan.asked.claims, look.shows.effects.comparisons) == (6, 1, 7)
    alpha = 0.05 * 3 / 16 / 7
    assert look.shows.effects.main == pytest.approx(  # type: ignore[union-attr]
        smallest(3 * 7 - 6, alpha) * 2 / math.sqrt(24) * ASSUMED_SD
    )
    assert look.shows.claims is not None
    assert look.shows.claims.detectable == pytest.approx(smallest(2, alpha) * ASSUMED_SD * math.sqrt(2 / 3))
    assert "6 effects and 1 claim are tested together" in said(path, tmp_path / "runs")
