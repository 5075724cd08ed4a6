"""What other designs could show with as many runs: the numbers of the evidence, and the rules of the factors."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ablations.plan_advice import Alternative, alternatives
from ablations.results.run_spread import ASSUMED_SD, RunSpread
from ablations.study.study import load_study
from tests.ablations.tiny import write_study

STUDIES = Path(__file__).parents[2] / "studies"
SPREAD = RunSpread(ASSUMED_SD, ASSUMED_SD * math.sqrt(2), "assumed")
SETTINGS: list[dict[str, Any]] = [
    {"lr_d": 8e-4},
    {"lr_g": 8e-4},
    {"beta1": 0.4},
    {"label_smoothing": 0.9},
    {"dropout": 0.1},
    {"beta2": 0.9},
]


def whole(seeds: int) -> float:
    """All of alpha, after however many seeds."""
    return 1.0


def advised(path: Path, spread: RunSpread = SPREAD) -> dict[str, Alternative]:
    return {one.design: one for one in alternatives(load_study(path), spread, lambda runs: 2.0 * runs, whole)}


def study_of(folder: Path, factors: int, seeds: int, design: str = "one-in") -> Path:
    path = write_study(folder, seeds, {f"f{i}": SETTINGS[i] for i in range(factors)})
    path.write_text(path.read_text().replace('"one-in"', f'"{design}"'))
    return path


def test_seven_tricks_in_27_runs(tmp_path: Path) -> None:
    """By simulation elsewhere: in 24 runs one-in finds a factor of 7.6, resolution III one of 1.32; IV needs 32."""
    words = YAML(typ="safe").load((STUDIES / "ganhacks.yaml").read_text())
    del words["resolution"]
    words |= {"design": "one-in", "all_together": True, "seeds": {"looks": [3]}}
    (path := tmp_path / "seven.yaml").write_text(json.dumps(words))
    rows = advised(path)
    assert list(rows) == ["one-in", "fraction of resolution III", "fraction of resolution IV"]
    assert [(one.arms, one.seeds, one.runs, one.seconds) for one in rows.values()] == [
        (8, 3, 24, 48.0),
        (8, 3, 24, 48.0),
        (16, 1, 16, 32.0),
    ]
    one_in, three, four = rows.values()
    assert one_in.main == pytest.approx(7.6, abs=0.06)
    assert one_in.main_of_one_more == pytest.approx(2.65, abs=0.006)
    assert three.main == pytest.approx(1.32, abs=0.006)
    assert (three.aliased, three.interaction) == ("main effects with pairs", None)
    assert (four.degrees_of_freedom, four.aliased) == (1, "pairs with each other")
    assert four.main is not None
    assert four.main > 100
    assert four.main_of_one_more == pytest.approx(1.29, abs=0.006)


def test_five_factors_at_most_are_combined_in_full(tmp_path: Path) -> None:
    rows = advised(study_of(tmp_path, 5, 6))
    assert list(rows) == ["one-in", "fraction of resolution III", "fraction of resolution V", "factorial"]
    assert (rows["factorial"].arms, rows["factorial"].seeds, rows["factorial"].aliased) == (32, 1, "nothing")
    assert rows["fraction of resolution V"].aliased == "nothing"
    assert "factorial" not in advised(study_of(tmp_path, 6, 6))


def test_nothing_without_a_degree_of_freedom(tmp_path: Path) -> None:
    rows = advised(study_of(tmp_path, 4, 1))
    assert (rows["one-in"].degrees_of_freedom, rows["one-in"].main) == (0, math.inf)
    half = rows["fraction of resolution IV"]  # eight arms do not fit into five runs
    assert (half.seeds, half.runs, half.degrees_of_freedom, half.main) == (0, 0, 0, math.inf)
    half = advised(study_of(tmp_path, 4, 2))["fraction of resolution IV"]  # eight of ten runs, and seven effects
    assert (half.seeds, half.degrees_of_freedom, half.main, half.interaction) == (1, 0, math.inf, math.inf)


def test_a_design_that_the_rules_forbid_is_not_advised() -> None:
    """Label smoothing needs a loss with targets: all combinations without these two arms, and no fraction."""
    rows = advised(STUDIES / "designs" / "factorial.yaml")
    assert "needs a loss with targets" in rows["fraction of resolution III"].forbidden
    assert (rows["factorial"].arms, rows["factorial"].forbidden) == (6, "")
    assert rows["factorial"].aliased == "main effects with pairs"


@pytest.mark.parametrize(
    ("factors", "design", "rows"), [(2, "one-in", 0), (3, "ladder", 0), (3, "one-out", 3), (3, "factorial", 3)]
)
def test_whom_it_is_for(factors: int, design: str, rows: int, tmp_path: Path) -> None:
    found = advised(study_of(tmp_path, factors, 2, design))
    assert len(found) == rows
    assert not found or next(iter(found)) == ("one-out" if design == "one-out" else "one-in")


def test_without_a_spread_there_is_none(tmp_path: Path) -> None:
    assert advised(study_of(tmp_path, 3, 2), RunSpread(None, None, "assumed")) == {}


def test_a_look_has_its_share_and_claims_have_theirs(tmp_path: Path) -> None:
    """All questions of the study share what the look has of alpha."""
    study = load_study(study_of(tmp_path, 4, 6))

    def found(share: float, further: int) -> list[Alternative]:
        return list(alternatives(study, SPREAD, float, lambda seeds: share, further))

    third, more = found(1 / 3, 0), found(1, 8)  # four effects of one-in at a third of alpha, or twelve at all of it
    assert third[0].main == pytest.approx(more[0].main)
    half, few = found(1 / 2, 0)[1], found(1, 7)[1]  # seven effects of half a factorial
    assert (half.main, half.main_of_one_more) == (pytest.approx(few.main), pytest.approx(few.main_of_one_more))
