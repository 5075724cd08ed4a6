"""In which fields two protocols differ."""

from pathlib import Path
from typing import Any

import pytest

from ablations.leaderboard.explain import Explanation, explain
from ablations.leaderboard.source import ResultSource, from_folders
from gan_core.events import Evaluated, Score
from gan_core.problems import UserError
from tests.ablations.command import ablations
from tests.ablations.journals import make_arm, make_trial, story, write, write_study_json

PLAIN = {"n_fake": 10000, "resize": "none", "versions": {"torch": "2.11", "torchmetrics": "1.9"}}
OTHER = {"n_fake": 10000, "resize": "bilinear", "versions": {"torch": "2.15", "torchmetrics": "1.9"}}


def write_scored(root: Path, arm: str, on: tuple[str, ...], seed: int, stamp: str, protocol: dict[str, Any]) -> None:
    trial = make_trial(root, make_arm(arm, on), seed)
    score = Score(metric="fid", name="fid10k_tiny", value=1.0, stamp=stamp, protocol=protocol)
    events = [
        event.model_copy(update={"scores": (score,)}) if isinstance(event, Evaluated) else event
        for event in story(trial, 1.0)
    ]
    write(trial, events)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tiny"
    write_scored(root, "baseline", (), 0, "aaaaaaaa", PLAIN)
    write_scored(root, "dropout", ("dropout",), 0, "bbbbbbbb", OTHER)
    write_scored(root, "ttur", ("ttur",), 0, "aaaaaaaa", PLAIN)
    write_scored(root, "ttur", ("ttur",), 1, "bbbbbbbb", OTHER)
    write_study_json(root)
    return root


@pytest.fixture
def source(root: Path) -> ResultSource:
    return from_folders([root])


def explained(source: ResultSource, a: str, b: str) -> Explanation:
    return explain(a, b, source.results, "best", source.journal_of)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("baseline", "dropout"),
        ("aaaaaaaa", "bbbbbbbb"),
        ("tiny/baseline", "dropout-seed0"),
        ("ttur-seed0", "ttur-seed1"),
    ],
)
def test_the_fields_that_differ_and_no_others(source: ResultSource, a: str, b: str) -> None:
    found = explained(source, a, b)
    assert found.stamps == {"fid": ("aaaaaaaa", "bbbbbbbb")}
    assert [(d.field, d.a, d.b) for d in found.differences] == [
        ("resize", "none", "bilinear"),
        ("versions.torch", "2.11", "2.15"),
    ]


def test_one_protocol_has_no_differences(source: ResultSource) -> None:
    found = explained(source, "baseline", "ttur-seed0")
    assert (found.stamps, found.differences) == ({"fid": ("aaaaaaaa", "aaaaaaaa")}, ())


def test_an_arm_whose_seeds_disagree_must_be_named_by_run(source: ResultSource) -> None:
    with pytest.raises(UserError, match=r"several protocols(.|\n)*ttur-seed0, ttur-seed1"):
        explained(source, "ttur", "baseline")


def test_on_the_command_line(root: Path) -> None:
    shown = ablations("leaderboard", root, "--explain", "baseline", "dropout")
    assert shown.code == 0
    assert "two protocols, aaaaaaaa and bbbbbbbb" in shown.out
    assert "bilinear" in shown.out
    wrong = ablations("leaderboard", root, "--explain", "baseline", "droput")
    assert wrong.code == 2
    assert "no scored arm, run or stamp is called 'droput'" in wrong.err
    assert "'dropout'" in wrong.err or "dropout" in wrong.err
