"""Numbers that move, in study files and spaces: read, shown, and not taken for a range of a search."""

from pathlib import Path

import pytest

from ablations.study.arm import Arm
from ablations.study.setting_text import setting_text, trick_texts
from ablations.study.space import Choices
from ablations.study.study import load_study
from gan_core.config import resolve
from gan_core.problems import UserError

SEARCH = """
question: Which course?
design: search
explore: {arms: 2, sampler: random}
confirm: {best: 1, seeds: 2}
baseline: {norm_d: none, r1: {from: 1, to: 0.1}}
space:
  lr_g: SPACE
  r1.every: [1, 4]
"""


def search(tmp_path: Path, dimension: str) -> Path:
    path = tmp_path / "courses.yaml"
    path.write_text(SEARCH.replace("SPACE", dimension))
    return path


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"from": 2e-4, "to": 5e-5}, "0.0002 → 5e-05"),
        ({"from": 0.9, "to": 0.99, "over": 10.0}, "0.9 → 0.99 over 10 kimg"),
        ({"from": 2.0, "to": 0.2, "shape": "cosine"}, "2 → 0.2 (cosine)"),
    ],
)
def test_a_ramp_is_shown_in_few_words(value: object, text: str) -> None:
    assert setting_text("lr_g", value) == text


def test_so_is_one_of_a_tricks_options() -> None:
    config = resolve({"r1": {"gamma": "1:0.1:5", "every": 4}, "lr_g": "1e-3:1e-4", "norm_d": "none"}).plain()
    assert trick_texts(config) == {"r1": "1 → 0.1 over 5 kimg every=4"}


def test_a_ramp_can_be_one_of_a_spaces_choices(tmp_path: Path) -> None:
    plan = load_study(search(tmp_path, "[2e-4, {from: 2e-4, to: 5e-5}]")).search
    assert plan is not None
    lr_g, _ = plan.space.dimensions
    assert isinstance(lr_g, Choices)
    arms = [plan.space.arm({"lr_g": label, "r1.every": 4}) for label in lr_g.labels]
    plain = [arm.config.plain() for arm in arms if isinstance(arm, Arm)]
    assert [config["lr_g"] for config in plain] == [2e-4, {"from": 2e-4, "to": 5e-5}]
    assert plain[0]["r1"] == plain[1]["r1"] == {"gamma": {"from": 1.0, "to": 0.1}, "every": 4}


def test_a_ramp_is_no_range(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"courses\.yaml:8: space\.lr_g: .*low: .*can be one of the choices"):
        load_study(search(tmp_path, "{from: 2e-4, to: 5e-5}"))


def test_a_range_is_no_ramp(tmp_path: Path) -> None:
    path = search(tmp_path, "[1e-3, {low: 1e-4, high: 1e-3}]")
    with pytest.raises(UserError, match=r"space\.lr_g: no setting is called 'low'; allowed: from, to, over, shape"):
        load_study(path)
