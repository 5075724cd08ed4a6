"""Options that cannot act within the budget are said before anything trains."""

import re
from typing import Any

import pytest

from gan_core.config import broken_rules, resolve
from gan_core.problems import Problem
from gan_core.tricks import TRICKS

LOOKS_LIKE_TIME = re.compile("kimg|steps|every|decay|beta|buffer|interval|warm|start")
TIMED = [
    (t.name, option) for t in TRICKS.values() for option in t.options.model_fields if LOOKS_LIKE_TIME.search(option)
]

# option: settings, the budget that they need in kimg (0.01 is one step less at most)
CASES: list[tuple[str, dict[str, Any], float]] = [
    ("ema.half_life_kimg", {"ema": {"half_life_kimg": 500, "ramp_up": 0.05}}, 10_000),
    ("ema.half_life_kimg", {"ema": 20}, 20),
    ("ema.beta", {"ema": {"beta": 0.999, "ramp_up": 0.05}}, 886.8),
    ("ema.beta", {"ema": {"beta": 0.999}}, 44.34),
    ("instance_noise.anneal_kimg", {"instance_noise": {"anneal_kimg": 30}}, 30),
    ("ada.rise_kimg", {"ada": True}, 500),
    ("ada.interval_steps", {"ada": {"interval_steps": 99, "rise_kimg": 0.01}}, 6.4),
    ("r1.every", {"r1": {"every": 16}}, 1.088),
    ("r2.every", {"r2": {"every": 16}}, 1.088),
    ("replay.buffer_images", {"replay": {"buffer_images": 4000}}, 4),
    ("lecam.decay", {"lecam": {"decay": 0.999}}, 44.34),
    ("lr_decay", {"lr_decay": "late_linear"}, 0.192),
    ("lr_decay", {"lr_decay": "linear"}, 0.128),
    ("progress_evaluations", {"progress_evaluations": 20}, 1.28),
]


def found(option: str, settings: dict[str, Any], budget: float) -> list[Problem]:
    config = resolve({"norm_d": "none", "progress_evaluations": 1, **settings, "budget_kimg": budget})
    return [p for p in broken_rules(config, "warning") if ".".join(map(str, p.where)) == option]


@pytest.mark.parametrize(("option", "settings", "needed"), CASES, ids=lambda value: str(value))
def test_it_is_said_with_the_budget_that_it_takes_and_what_to_set(
    option: str, settings: dict[str, Any], needed: float
) -> None:
    assert found(option, settings, 1.01 * needed) == []
    for budget in (0.02, 0.95 * needed):
        (problem,) = found(option, settings, budget)
        assert float(re.search(r"from a budget of (\S+) kimg", problem.message)[1]) == pytest.approx(needed, rel=1e-3)  # type: ignore[index]
        assert "; " in problem.message


@pytest.mark.parametrize(("trick", "option"), TIMED)
def test_every_option_of_a_trick_that_is_about_time_says_from_when_it_acts(trick: str, option: str) -> None:
    (declared,) = (t for t in TRICKS.values() if t.name == trick)
    assert option in {reach.option for reach in declared.reaches}
    assert f"{trick}.{option}" in {case[0] for case in CASES}


def test_what_is_declared_exists() -> None:
    assert all(reach.option in t.options.model_fields for t in TRICKS.values() for reach in t.reaches)


def test_defaults_are_not_complained_about() -> None:
    """The default of ema is what its ramp makes of it at any budget."""
    assert found("ema.half_life_kimg", {"ema": True}, 4.0) == []


def test_the_advice_works() -> None:
    assert found("ema.half_life_kimg", {"ema": {"half_life_kimg": 10}}, 30.0) == []
    (problem,) = found("ema.beta", {"ema": {"beta": 0.9999}}, 30.0)
    advised = re.search(r"beta: (\S+),", problem.message)
    assert advised is not None
    assert found("ema.beta", {"ema": {"beta": float(advised[1])}}, 30.0) == []
