"""Each design, from the study file to the leaderboard, on tiny data; and a fraction's main effects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ablations.execution.session import ExecutionOptions, Session, open_session
from ablations.executors.executor import Executor
from ablations.executors.inline import Inline
from ablations.results.results import read_results
from ablations.results.table import results_table
from ablations.search.ledger import Ledger
from ablations.statistics import Factor, Observation, Rule, fit_factorial
from ablations.study.study import Study, load_study
from gan_core.events import AnyEvent
from gan_core.workers.job import Job
from tests.ablations.execution.test_session import FakeExecutor, FakeTracker, never
from tests.ablations.journals import story
from tests.ablations.tiny import BASELINE

TRICKS: dict[str, dict[str, Any]] = {
    "ttur": {"lr_d": 8e-4},
    "smooth": {"label_smoothing": 0.9},
    "hinge": {"loss": "hinge"},
    "wide": {"width": 5},
}
DESIGNS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {  # options, factors, arms
    "one-out": ({}, ["ttur", "wide"], ["all", "without_ttur", "without_wide"]),
    "ladder": ({}, ["ttur", "wide"], ["baseline", "1+ttur", "2+wide"]),
    "factorial": ({}, ["smooth", "hinge"], ["baseline", "smooth", "hinge"]),
    "fractional": (
        {"resolution": 3},
        ["ttur", "smooth", "wide"],
        ["baseline", "smooth+wide", "ttur+wide", "smooth+ttur"],
    ),
    "arms": ({"arms": {"a": ["ttur"], "b": []}, "reference": "b"}, ["ttur"], ["b", "a"]),
}
SHORT = {"budget_kimg": 0.1, "progress_evaluations": 1}
EFFECTS = {"a": -0.5, "b": 0.3, "c": 0.0, "d": -0.1, "e": 0.2}  # planted, of log FID
SETTINGS = {"a": {"width": 9}, "b": {"lr_d": 8e-4}, "c": {"lr_g": 8e-4}, "d": {"batch_size": 8}, "e": {"beta2": 0.9}}


class Planted(FakeExecutor):
    """A trainer whose FID is what the factors that are on make of it."""

    def events(self, job: Job) -> Iterator[AnyEvent]:
        trial = self.trials[job.name]
        noise = np.random.default_rng([trial.seed, *job.name.encode()]).normal(0, 0.01)
        effects = sum(EFFECTS[name] for name, is_on in trial.arm.factors.items() if is_on)
        return story(trial, 20 * float(np.exp(effects + noise + 0.05 * trial.seed)))


class TestSession(Session):
    """No MLflow, and nothing in another process."""

    __test__ = False
    planted = False

    def _tracker(self) -> Any:
        return FakeTracker()

    def _executor(self) -> Executor:
        return Planted(iter(self.trials), lambda job: "finished") if self.planted else Inline("cpu", 1)

    def _ledger(self) -> Ledger:
        return Ledger("sqlite://", self.study.name, self.trials, self.journals)


@pytest.fixture
def session_class(monkeypatch: pytest.MonkeyPatch) -> type[TestSession]:
    monkeypatch.setattr(TestSession, "planted", False)
    monkeypatch.setattr("ablations.execution.session.Session", TestSession)
    monkeypatch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)  # a second a trial
    return TestSession


def _study(folder: Path, design: str, tricks: dict[str, Any], seeds: int = 1, **options: Any) -> Study:
    path = folder / f"{design}.yaml"
    content = {
        "question": "q",
        "design": design,
        "seeds": seeds,
        "baseline": {**BASELINE, **SHORT},
        "tricks": tricks,
        **options,
    }
    path.write_text(json.dumps(content, indent=1))
    return load_study(path)


def _silent(text: str, share: float | None = None) -> None:
    return


@pytest.mark.parametrize("design", DESIGNS)
def test_to_the_leaderboard(design: str, tmp_path: Path, home: Path, session_class: type[TestSession]) -> None:
    options, factors, arms = DESIGNS[design]
    study = _study(tmp_path, design, {name: TRICKS[name] for name in factors}, **options)
    with open_session(study, tmp_path / "runs", ExecutionOptions(home)) as session:
        for _ in session.reports(never, _silent):
            pass
        assert session.progress.is_done
        (table,) = session.outputs.leaderboard().tables
        assert sorted(row.arm for row in table.rows) == sorted(arms)
        assert [row.arm for row in table.rows if row.verdict == "baseline"] == [arms[0]]
        assert all(row.rank is not None for row in table.rows)


def test_another_study_takes_over_what_is_there(tmp_path: Path, home: Path, session_class: type[TestSession]) -> None:
    """A rung of a ladder is an arm of the one-in study; the ledger enters it, and nothing trains it again."""
    alone = _study(tmp_path, "one-in", {"ttur": TRICKS["ttur"]})
    with open_session(alone, tmp_path / "runs", ExecutionOptions(home)) as session:
        assert {report.name for report in session.reports(never, _silent)} == {"baseline-seed0", "ttur-seed0"}
    ladder = _study(tmp_path, "ladder", {name: TRICKS[name] for name in ("ttur", "wide")})
    said: list[str] = []
    with open_session(ladder, tmp_path / "runs", ExecutionOptions(home)) as session:
        assert {r.name for r in session.reports(never, lambda text, share=None: said.append(text))} == {"2+wide-seed0"}
        assert session.progress.is_done
        assert len(session.outputs.leaderboard().tables[0].rows) == 3
    assert any("2 of 3 trials are there already, from study one-in" in text for text in said)
    again = load_study(ladder.path, "again")
    with open_session(again, tmp_path / "runs", ExecutionOptions(home, retrain=True)) as session:
        assert len({report.name for report in session.reports(never, _silent)}) == 3


def test_a_fraction_recovers_planted_main_effects(
    tmp_path: Path, home: Path, session_class: type[TestSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five factors in 16 of 32 arms. By the statistics, and by hand: mean log FID with a factor minus without it."""
    monkeypatch.setattr(TestSession, "planted", True)
    study = _study(tmp_path, "fractional", SETTINGS, seeds=2, resolution=5)
    assert len(study.arms) == 16
    with open_session(study, tmp_path / "runs", ExecutionOptions(home)) as session:
        for _ in session.reports(never, _silent):
            pass
        rows = {row.arm: row for row in session.outputs.leaderboard().tables[0].rows}
    table = results_table(read_results(tmp_path / "runs" / "fractional"))
    on = {arm.name: arm.factors for arm in study.arms}
    assert rows.keys() == on.keys()
    logs = np.log(table["fid_best"].to_numpy(dtype=float))
    observations = []
    for arm, seed, fid in zip(table["arm"], table["seed"], table["fid_best"], strict=True):
        levels = {name: "on" if on[arm][name] else "off" for name in EFFECTS}
        observations.append(Observation(levels, int(seed), float(fid)))
    fit = fit_factorial(observations, [Factor(name, ("off", "on")) for name in EFFECTS], Rule())
    estimates = {effect.name: effect for effect in fit.effects}
    for name, planted in EFFECTS.items():
        with_it = np.array([on[arm][name] for arm in table["arm"]])
        by_hand = logs[with_it].mean() - logs[~with_it].mean()
        assert by_hand == pytest.approx(planted, abs=0.02)  # 5.7 standard errors: 2 * 0.01 / sqrt(32) each
        assert estimates[name].effect.mean == pytest.approx(by_hand, abs=1e-6)
    assert estimates["a"].finding == "helps"
    assert estimates["b"].finding == "hurts"
    assert estimates["c"].finding == "no difference"
