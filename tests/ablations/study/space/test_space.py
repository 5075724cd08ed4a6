"""A search's space: what can be chosen, which arm it is, and each mistake in it with its line."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ablations.study.arm import Arm
from ablations.study.space import Forbidden, Space
from ablations.study.study import load_study
from gan_core.problems import UserError
from tests.ablations.search.searches import SPACE, content_of, search_study, write_search


def space_of(folder: Path, **parts: Any) -> Space:
    study = search_study(folder, **parts)
    assert study.search is not None
    return study.search.space


def arm_of(space: Space, **params: Any) -> Arm:
    arm = space.arm({name.replace("__", "."): value for name, value in params.items()})
    assert isinstance(arm, Arm)
    return arm


def test_what_is_drawn_is_in_the_space_and_an_option_is_there_only_with_its_trick(tmp_path: Path) -> None:
    space, stream = space_of(tmp_path, space=SPACE), random.Random(0)
    drawn = [space.draw(stream) for _ in range(200)]
    assert {params["noise"] for params in drawn} == {False, True}
    for params in drawn:
        assert ("instance_noise.sigma" in params) is params["noise"]
        assert ("momentum" in params) is (params["optimizer_d"] == "sgd")
        config = arm_of(space, **params).config
        assert config.lr_d == params["lr_d"]
        assert 1e-4 <= config.lr_d <= 1e-2
        assert config.beta2 in (0.9, 0.93, 0.96, 0.99)
        if params["noise"]:
            assert config.trick("instance_noise").sigma == params["instance_noise.sigma"]
        else:
            assert config.trick("instance_noise") is None
    below = sum(params["lr_d"] < 1e-3 for params in drawn)  # the middle of the log scale; 1 in 11 on the plain one
    assert 70 < below < 130


def test_names_and_identity(tmp_path: Path) -> None:
    tricks_only = space_of(tmp_path)
    assert arm_of(tricks_only, dropout=True, noise=False, smooth=True).name == "dropout+smooth"
    assert arm_of(tricks_only, dropout=False, noise=False, smooth=False) is tricks_only.baseline
    space = space_of(tmp_path, space={"instance_noise.sigma": {"low": 0.05, "high": 0.5}})
    one, other = (arm_of(space, noise=True, instance_noise__sigma=sigma) for sigma in (0.1, 0.2))
    assert one.name != other.name
    assert one.name.startswith("noise-")
    assert one.config != other.config
    assert one.factors == {"dropout": False, "noise": True, "smooth": False}


def test_an_option_beside_a_bare_value(tmp_path: Path) -> None:
    space = space_of(tmp_path, space={"dropout.p": [0.1, 0.2]})
    assert arm_of(space, dropout=True, dropout__p=0.2).config.trick("dropout").p == 0.2


def test_what_a_rule_forbids_is_no_arm_and_says_why(tmp_path: Path) -> None:
    space = space_of(tmp_path, space={"loss": ["non_saturating", "hinge"]})
    refused = space.arm({"smooth": True, "loss": "hinge"})
    assert isinstance(refused, Forbidden)
    assert "label_smoothing" in refused.reasons[0]
    everything = space.everything()
    assert everything is not None
    assert len(everything) == 16
    assert space.arms_there_are() == 12
    study = search_study(tmp_path, space={"loss": ["non_saturating", "hinge"]})
    assert any("4 of 16 combinations are no arms" in warning for warning in study.warnings)


def test_ranges_cannot_be_counted_and_steps_can(tmp_path: Path) -> None:
    assert space_of(tmp_path, space={"lr_d": {"low": 1e-4, "high": 1e-3}}).arms_there_are() is None
    assert space_of(tmp_path, space={"width": {"low": 4, "high": 12, "step": 4}}).arms_there_are() == 24


MISTAKES: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"explore": {"arms": 4, "sampler": "tpee"}}, "sampler", ["no sampler", "gp, cmaes", "did you mean 'tpe'"]),
    ({"explore": {"arms": 4, "pruner": "medain"}}, "pruner", ["no pruner", "hyperband", "did you mean 'median'"]),
    ({"explore": {"arms": 9}}, "arms", ["9 different arms are requested, and the space has 8", "<= 8"]),
    ({"confirm": {"best": 7, "seeds": 2}}, "best", ["7 of 6 arms"]),
    ({"confirm": {"best": 2, "seeds": [1_000_000]}}, "seeds", ["seeds below 1000000"]),
    ({"seeds": 3}, "seeds", ["means nothing to design search", "under `confirm`"]),
    ({"space": {"lr_x": [1e-4, 1e-3]}}, "lr_x", ["no setting is called 'lr_x'", "did you mean 'lr_"]),
    ({"space": {"lr_d": {"low": 1e-3, "high": 1e-4}}}, "high", ["0.0001 is out of range", "> 0.001"]),
    ({"space": {"lr_d": {"low": 0.0, "high": 1e-4, "log": True}}}, "low", ["> 0 on a log scale"]),
    ({"space": {"lr_d": {"low": -1.0, "high": 1e-4}}}, "low", ["-1.0 is out of range", "> 0"]),
    ({"space": {"lr_d": {"lo": 1.0, "high": 2.0}}}, "lo", ["'lo'", "did you mean 'low'"]),
    ({"space": {"lr_d": {"high": 1e-4}}}, "lr_d", ["missing", "low and high"]),
    ({"space": {"lr_d": {"low": 1.0, "high": 2.0, "log": True, "step": 0.5}}}, "step", ["a log scale has no steps"]),
    ({"space": {"width": {"low": 4, "high": 11, "step": 4}}}, "high", ["no step from 4 comes to 11", "8, for example"]),
    ({"space": {"optimizer_d": ["adam", "adamm"]}}, "adamm", ["no optimizer", "did you mean 'adam"]),
    ({"space": {"optimizer_d": ["adam", "adam"]}}, "adam", ["'adam' is there twice"]),
    ({"space": {"full_samples": [10, 20]}}, "full_samples", ["no setting to search", "can't be compared"]),
    ({"space": {"seed": [1, 2]}}, "seed", ["no setting to search", "confirm"]),
    ({"space": {"dropout": [0.1, 0.2]}}, "dropout", ["dropout under `tricks` sets it already"]),
    ({"space": {"drpout.p": [0.1, 0.2]}}, "drpout.p", ["no trick is called", "did you mean 'dropout'"]),
    ({"space": {"dropout.q": [0.1, 0.2]}}, "dropout.q", ["no setting is called 'q'"]),
    ({"space": {"r1.gamma": [0.1, 0.2]}}, "r1.gamma", ["nothing switches r1 on"]),
    (
        {"space": {"lr_d": {"low": 1e-4, "high": 1e-3, "when": {"droput": True}}}},
        "droput",
        ["nothing that is chosen before is called 'droput'", "did you mean 'dropout'"],
    ),
    (
        {"space": {"loss": ["hinge", "lsgan"], "lr_d": {"low": 1e-4, "high": 1e-3, "when": {"loss": "hing"}}}},
        "hing",
        ["'hing' is none of its choices", "did you mean 'hinge'"],
    ),
    ({"explore": {"arms": 4, "sampler": "cmaes"}}, "sampler", ["the space has 0", "2 or more of them"]),
    ({"explore": {"arms": 4, "sampler": "qmc"}}, "sampler", ["the space has 0", "1 or more of them"]),
]


@pytest.mark.parametrize(("parts", "on_line", "words"), MISTAKES, ids=[words[0] for _, _, words in MISTAKES])
def test_a_mistake(tmp_path: Path, parts: dict[str, Any], on_line: str, words: list[str]) -> None:
    path = tmp_path / "hunt.yaml"
    path.write_text(json.dumps({**content_of(), **parts}, indent=1))
    with pytest.raises(UserError) as caught:
        load_study(path)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 1
    assert all(word in told[0] for word in words), told
    line = int(told[0].split(":")[1])
    near = " ".join(path.read_text().splitlines()[line - 1 : line + 1])
    assert on_line in near, told


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    parts = {"space": {"lr_x": [1, 2], "beta1": {"low": 0.5, "high": 1.5}}, "tricks": {"dropout": {"dropout": 3.0}}}
    parts["explore"] = {"arms": 3, "sampler": "tpee"}
    with pytest.raises(UserError) as caught:
        load_study(write_search(tmp_path, **parts))
    told = "\n".join(map(str, caught.value.problems))
    assert len(caught.value.problems) == 4
    assert "tpee" in told
    assert "lr_x" in told
    assert "beta1" in told
    assert "dropout" in told


def test_cmaes_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.study.space.check.find_spec", lambda name: None)
    ranges = {"lr_d": {"low": 1e-4, "high": 1e-3}, "lr_g": {"low": 1e-4, "high": 1e-3}}
    with pytest.raises(UserError, match="pip install cmaes"):
        search_study(tmp_path, {"sampler": "cmaes"}, space=ranges)


def test_claims_are_refused(tmp_path: Path) -> None:
    claims = {"one": {"statement": "s", "source": "t", "comparison": "dropout < baseline"}}
    with pytest.raises(UserError) as caught:
        search_study(tmp_path, claims=claims)
    (problem,) = caught.value.problems
    assert problem.where == ("claims",)
    assert "a search finds its arms while it runs" in str(problem)
    assert "hunt.yaml:" in problem.source


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"extractor": "none"}, "baseline.extractor: a search needs scores"),
        ({"metrics": "is"}, "baseline.metrics: without fid: the arms of a study are ranked and compared by it"),
    ],
)
def test_a_search_needs_a_fid_to_go_by(tmp_path: Path, setting: dict[str, str], message: str) -> None:
    content = content_of(space=SPACE)
    content["baseline"] |= setting
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError) as caught:
        load_study(path)
    (problem,) = caught.value.problems
    assert message in str(problem)
