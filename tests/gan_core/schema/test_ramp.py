"""Numbers that move: closed forms, torch's own schedules, what is written and how, and what is refused."""

import itertools
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR

from gan_core.config import resolve
from gan_core.problems import Problem, UserError
from gan_core.schema.ramp import Ramp, largest, number_at, smallest
from gan_core.tricks import TRICKS

STEPS, START, END = 10, 2e-4, 5e-5


def ramp(**words: Any) -> Ramp:
    return Ramp.model_validate({"from": START, "to": END, **words})


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_it_takes_the_course_of_torchs_scheduler(shape: str) -> None:
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=START)
    schedulers = {
        "linear": lambda: LinearLR(optimizer, 1.0, END / START, STEPS),
        "cosine": lambda: CosineAnnealingLR(optimizer, STEPS, END),
    }
    scheduler = schedulers[shape]()
    moving = ramp(shape=shape, over=5.0)
    for step in range(STEPS + 1):
        assert moving.at(step / 2, 100.0) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        scheduler.step()


def test_it_begins_and_ends_exactly_and_stays_there() -> None:
    rising = Ramp.model_validate({"from": 0.9, "to": 0.99, "over": 3.0})
    assert (rising.at(0.0, 10.0), rising.at(3.0, 10.0), rising.at(7.0, 10.0)) == (0.9, 0.99, 0.99)
    assert rising.at(1.5, 10.0) == pytest.approx(0.945)


def test_without_a_length_it_takes_the_whole_budget() -> None:
    assert ramp().at(5.0, 20.0) == pytest.approx(START + (END - START) / 4)
    assert number_at(0.3, 5.0, 20.0) == 0.3
    assert (largest(ramp()), smallest(ramp()), largest(0.3), smallest(0.3)) == (START, END, 0.3, 0.3)


@pytest.mark.parametrize(
    ("short", "words"),
    [
        ("2e-4:5e-5", {}),
        ("2e-4:5e-5:10", {"over": 10.0}),
        ("2e-4:5e-5:cosine", {"shape": "cosine"}),
        ("2e-4:5e-5:10:cosine", {"over": 10.0, "shape": "cosine"}),
        ("2e-4:5e-5:10:linear", {"over": 10.0}),
    ],
)
def test_the_short_form_the_mapping_and_what_is_recorded_are_one(short: str, words: dict[str, Any]) -> None:
    plain = {"from": START, "to": END, **words}
    configs = [resolve({"lr_g": value}) for value in (short, plain)]
    assert configs[0] == configs[1] == resolve(configs[0].plain())
    assert configs[0].plain()["lr_g"] == plain
    assert configs[0].fingerprint() == configs[1].fingerprint() != resolve({}).fingerprint()


@pytest.mark.parametrize(
    ("settings", "where", "words"),
    [
        ({"lr_g": "2e-4-5e-5"}, ("lr_g",), "is no number.*FROM:TO"),
        ({"lr_g": "1:2:3:4"}, ("lr_g",), "is no number"),
        ({"lr_g": "1:2:cosin"}, ("lr_g",), "is no number"),
        ({"lr_g": {"from": -1, "to": 1}}, ("lr_g", "from"), "out of range; allowed: >= 0"),
        ({"beta2": {"from": 0.9, "to": 1}}, ("beta2", "to"), "out of range; allowed: >= 0 and < 1"),
        ({"lr_d": {"from": 1e-3}}, ("lr_d", "to"), "missing"),
        ({"lr_d": "1e-3:1e-4:0"}, ("lr_d", "over"), "out of range; allowed: > 0"),
        ({"lr_d": {"from": 1, "to": 2, "ovr": 3}}, ("lr_d", "ovr"), "allowed: from, to, over, shape.*'over'"),
        ({"lr_d": {"from": 1, "to": 2, "shape": "cos"}}, ("lr_d", "shape"), "linear, cosine"),
        (
            {"lr_d": {"from": 1, "to": 1}},
            ("lr_d",),
            "a ramp from 1 to 1 does not move; write 1; allowed: ends that differ",
        ),
        ({"lr_d": True}, ("lr_d",), "True is not right"),
        ({"lr_g": [1e-3, 1e-4]}, ("lr_g",), r"\[0.001, 0.0001\] is no number; allowed: a number, or a ramp: {from"),
        ({"r1": {"gamma": {"from": 1, "to": -1}}}, ("r1", "gamma", "to"), "out of range"),
        ({"dropout": "0.5:1"}, ("dropout", "p", "to"), "allowed: >= 0 and < 1"),
    ],
)
def test_a_mistake_is_said_where_it_is(settings: dict[str, Any], where: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        resolve(settings)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_a_bare_ramp_is_for_a_tricks_main_option() -> None:
    bare = resolve({"r1": {"from": 1, "to": 0.1}, "norm_d": "none"})
    assert bare == resolve({"r1": {"gamma": "1:0.1"}, "norm_d": "none"}) == resolve({"r1": "1:0.1", "norm_d": "none"})
    with pytest.raises(UserError, match=r"weight_clipping\.c: .* is not right"):
        resolve({"weight_clipping": {"from": 0.1, "to": 0.01}})


def test_one_end_may_be_nothing_where_a_number_may_not() -> None:
    assert resolve({"ema": {"half_life_kimg": "0:10"}}).trick("ema").half_life_kimg.start == 0
    with pytest.raises(UserError, match=r"ema\.half_life_kimg: 0 is out of range"):
        resolve({"ema": 0})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr_g": "1e-3:1e-4", "lr_decay": "cosine"}, "lr_decay: lr_g is a ramp already"),
        ({"instance_noise": {"sigma": "0.1:0", "anneal_kimg": 5}}, "anneal_kimg or a ramp of sigma"),
    ],
)
def test_two_courses_of_one_number_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        resolve(settings)


def ramps_of_tricks() -> list[tuple[str, str]]:
    fields = [(trick, name, field) for trick in TRICKS.values() for name, field in trick.options.model_fields.items()]
    return [(trick.name, name) for trick, name, field in fields if "Ramp" in str(field.annotation)]


def test_which_options_may_move() -> None:
    assert ramps_of_tricks() == [
        ("ada", "p"),
        ("instance_noise", "sigma"),
        ("dropout", "p"),
        ("label_flipping", "p"),
        ("gradient_penalty", "weight"),
        ("dragan", "weight"),
        ("r1", "gamma"),
        ("r2", "gamma"),
        ("lecam", "weight"),
        ("consistency_regularization", "weight"),
        ("consistency_regularization", "fake_weight"),
        ("feature_matching", "weight"),
        ("gradient_clipping", "max_norm"),
        ("ema", "half_life_kimg"),
        ("ema", "beta"),
    ]


def test_no_setting_of_a_run_has_other_bounds_than_before() -> None:
    """A number at a bound is in or out as it was before it could move."""
    outside: dict[str, list[float]] = {"lr_g": [0], "lr_d": [0], "beta1": [-0.1, 1], "beta2": [-0.1, 1]}
    for name, value in itertools.chain(*([(name, v) for v in values] for name, values in outside.items())):
        with pytest.raises(UserError) as caught:
            resolve({name: value})
        assert [type(problem) for problem in caught.value.problems] == [Problem]
    assert resolve({"beta1": 0, "beta2": 0}).beta1 == 0.0
