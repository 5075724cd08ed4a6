"""The spread of runs: against statsmodels, and taken from the nearest runs that tell it."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from ablations.results.run_spread import ASSUMED_SD, RunSpread, pair_spread_of, run_spread, spread_of
from ablations.statistics import Rule
from ablations.study.arm import Arm
from ablations.study.record import ArmRecord, StudyRecord
from gan_core.config import resolve
from tests.ablations.journals import FACTORS, SETTINGS, make_arm, write_trial

RULE = Rule()
CONFIG = resolve(SETTINGS).plain()
FIDS = {"baseline": [10.0, 12.0, 9.0, 11.0], "dropout": [8.0, 11.0, 9.5, 8.5], "ttur": [15.0, 13.0, 12.0, 16.0]}


def write(runs: Path, name: str, fids: dict[str, list[float]] = FIDS, **settings: Any) -> list[Path]:
    """A study of finished trials; its folders."""
    root, arms = runs / name, []
    folders = []
    for arm_name, values in fids.items():
        on = () if arm_name == "baseline" else (arm_name,)
        made = make_arm(arm_name, on)
        words = {**made.settings, **settings}
        arm = Arm(arm_name, made.factors, words, resolve(words))
        arms.append(ArmRecord(name=arm_name, factors=dict(arm.factors), fingerprint="f", config=arm.config.plain()))
        folders += [write_trial(root, arm, seed, fid, study=name).directory for seed, fid in enumerate(values)]
    facts: dict[str, Any] = {
        "papers": (),
        "design": "one-in",
        "seeds": (0, 1, 2, 3),
        "baseline": {},
        "factors": FACTORS,
    }
    record = StudyRecord(name=name, question="q", arms=tuple(arms), **facts)
    (root / "study.json").write_text(record.model_dump_json())
    return folders


def found(runs: Path, own: list[Path], rule: Rule = RULE, **settings: Any) -> RunSpread:
    return run_spread(own, "mine", {**CONFIG, **settings}, "baseline", rule, runs)


def by_seed(fids: dict[str, list[float]]) -> dict[str, dict[int, float]]:
    return {arm: {seed: math.log(fid) for seed, fid in enumerate(values)} for arm, values in fids.items()}


def test_the_residual_spread_of_arms_and_seeds_is_that_of_statsmodels() -> None:
    scores = by_seed(FIDS)
    del scores["ttur"][1], scores["dropout"][3]
    rows = [
        (float(value), [float(arm == one) for one in FIDS], [float(seed == one) for one in range(1, 4)])
        for arm, own in scores.items()
        for seed, value in own.items()
    ]
    fit = OLS(np.array([row[0] for row in rows]), np.array([row[1] + row[2] for row in rows])).fit()
    sd, df = spread_of(scores)
    assert df == fit.df_resid == 10 - 3 - 3
    assert sd == pytest.approx(math.sqrt(fit.scale))


def test_pairs_are_pooled_over_arms() -> None:
    scores = by_seed(FIDS)
    dropout, ttur = (
        np.array([scores[arm][seed] - scores["baseline"][seed] for seed in range(4)]) for arm in ("dropout", "ttur")
    )
    sd, df = pair_spread_of(scores, "baseline")
    assert (sd, df) == (pytest.approx(math.sqrt((dropout.var(ddof=1) + ttur.var(ddof=1)) / 2)), 6)


def test_a_seeds_common_effect_is_no_spread() -> None:
    """Nor is an arm's: simulated runs with both get their noise of 0.165 back, and pairs its sqrt(2)."""
    rng = np.random.default_rng(0)
    runs = 0.165 * rng.standard_normal((9, 200)) + 0.8 * rng.standard_normal((1, 200)) + rng.standard_normal((9, 1))
    scores = {str(arm): dict(enumerate(values.tolist())) for arm, values in enumerate(runs)}
    assert spread_of(scores)[0] == pytest.approx(0.165, rel=0.06)
    assert pair_spread_of(scores, "0")[0] == pytest.approx(0.165 * math.sqrt(2), rel=0.08)


def test_its_own_runs_come_first(tmp_path: Path) -> None:
    write(tmp_path, "other", {arm: [10 * fid**2 for fid in fids] for arm, fids in FIDS.items()})
    spread = found(tmp_path, write(tmp_path, "mine"))
    assert (spread.source, spread.study, spread.runs) == ("own", "mine", 12)
    assert spread.run == pytest.approx(spread_of(by_seed(FIDS))[0])
    assert spread.pair == pytest.approx(pair_spread_of(by_seed(FIDS), "baseline")[0])


def test_else_those_of_a_study_like_it(tmp_path: Path) -> None:
    """The one with the most runs."""
    write(tmp_path, "few", {"baseline": [5.0, 9.0, 7.0, 4.0], "ttur": [9.0, 4.0, 6.0, 8.0]})
    write(tmp_path, "many")
    own = write(tmp_path, "mine", {"baseline": [10.0], "dropout": [9.0]})  # a seed alone tells nothing
    spread = found(tmp_path, own)
    assert (spread.source, spread.study, spread.runs) == ("like", "many", 12)
    assert spread.run == pytest.approx(spread_of(by_seed(FIDS))[0])


@pytest.mark.parametrize(
    ("settings", "is_like"),
    [
        ({"budget_kimg": 2.4}, True),
        ({"budget_kimg": 0.6}, True),
        ({"lr_g": 0.1}, True),
        ({"budget_kimg": 2.5}, False),
        ({"budget_kimg": 0.5}, False),
        ({"image_size": 32}, False),
        ({"width": 16}, False),
        ({"architecture": "mlp"}, False),
        ({"data": "fashion-mnist"}, False),
        ({"extractor": "inception"}, False),
    ],
)
def test_which_studies_are_like_it(settings: dict[str, Any], is_like: bool, tmp_path: Path) -> None:
    write(tmp_path, "other")
    assert found(tmp_path, [], **settings).source == ("like" if is_like else "assumed")


def test_else_it_is_assumed_on_the_logarithm_alone(tmp_path: Path) -> None:
    assert found(tmp_path, []) == RunSpread(ASSUMED_SD, ASSUMED_SD * math.sqrt(2), "assumed")
    plain = found(tmp_path, [], Rule(scale="plain"))
    assert (plain.run, plain.pair) == (None, None)


def test_runs_that_tell_nothing(tmp_path: Path) -> None:
    """Diverged ones, those of another protocol, too few, and equal ones."""
    (tmp_path / "somebody" / "trials").mkdir(parents=True)
    (tmp_path / "somebody" / "study.json").write_text("else's")
    folders = write(tmp_path, "mine")
    known = found(tmp_path, folders)
    arm = make_arm("ttur", ("ttur",))
    diverged = write_trial(tmp_path / "mine", arm, 7, 3.0, "diverged").directory
    another = write_trial(tmp_path / "mine", arm, 8, 99.0, stamp="87654321").directory
    assert found(tmp_path, [*folders, diverged, another]) == known
    assert found(tmp_path, folders[:5]).source == "assumed"  # four runs of one arm and one of another
    equal = write(tmp_path / "elsewhere", "equal", {"baseline": [5.0] * 4, "ttur": [6.0] * 4})
    assert found(tmp_path, equal).source == "assumed"
