"""Study files with mistakes: all are told at once, each with its line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.problems import UserError
from gan_core.registry import registry_of
from gan_core.tricks import TRICKS, Compatibility
from tests.ablations.study_texts import GOOD, load_text, problems_of
from tests.ablations.tiny import tiny_study

# text of GOOD -> what stands there instead; the line and parts of the one message
BAD = {
    "top key": ("papers:", "paper:", 3, ["paper: no setting is called 'paper'", "did you mean 'papers'?"]),
    "no question": ("question: Which help?", "# none", 3, ["question: missing"]),
    "question's type": ("Which help?", "3", 2, ["question: 3 is not right; allowed: a valid string"]),
    "papers' type": ("[One 2016, Two 2017]", "One 2016", 3, ["papers: 'One 2016' is not right; allowed: a valid list"]),
    "design": ("one-in", "one_inn", 4, ["no design is called 'one_inn'; allowed: one-in", "did you mean 'one-in'?"]),
    "all_together": ("all_together: true", "all_together: yes", 5, ["all_together: 'yes' is not right"]),
    "seeds 0": ("seeds: 2", "seeds: 0", 6, ["seeds: 0 is not right; allowed: a count from 1 to 1000"]),
    "seeds empty": ("seeds: 2", "seeds: []", 6, ["seeds: [] is not right; allowed: a count"]),
    "seeds negative": ("seeds: 2", "seeds: [0, -1]", 6, ["seeds: [0, -1] is not right; allowed: a count"]),
    "seeds twice": ("seeds: 2", "seeds: [1, 1]", 6, ["seeds: [1, 1] is not right", "different whole numbers"]),
    "seeds' type": ("seeds: 2", "seeds: many", 6, ["seeds: 'many' is not right"]),
    "seeds true": ("seeds: 2", "seeds: true", 6, ["seeds: True is not right"]),
    "seeds too many": ("seeds: 2", "seeds: 1000000000", 6, ["seeds: 1000000000 is not right"]),
    "baseline's key": ("width", "widht", 9, ["baseline.widht: no setting is called 'widht'", "did you mean 'width'?"]),
    "data set": ("data: shapes", "data: shape", 8, ["baseline.data: no data set is called 'shape'", "'shapes'?"]),
    "wrong type": ("width: 8", "width: wide", 9, ["baseline.width: 'wide' is not right; allowed: a whole number"]),
    "float for int": ("width: 8", "width: 8.5", 9, ["baseline.width: 8.5 is not right"]),
    "infinity": ("width: 8", "lr_g: .inf", 9, ["baseline.lr_g: inf is not right; allowed: a finite number"]),
    "batch 0": ("width: 8", "batch_size: 0", 9, ["baseline.batch_size: 0 is out of range; allowed: >= 2"]),
    "image size": ("width: 8", "image_size: 5", 9, ["baseline.image_size: 5 is no size; allowed: pixels or [height"]),
    "size and architecture": ("width: 8", "architecture: ganhacks2\n  image_size: 32", 10, ["ganhacks2 draws 157x128"]),
    "baseline's type": ("width: 8", "dropout: [1]", 9, ["baseline.dropout"]),
    "seed in baseline": ("width: 8", "seed: 3", 9, ["baseline.seed: the seed is no setting", "`seeds` at the top"]),
    "seed in a trick": ("dropout: 0.5", "seed: 3", 12, ["tricks.half.seed: the seed is no setting of an arm"]),
    "p of 1.5": ("0.5", "1.5", 12, ["tricks.half.dropout.p: 1.5 is out of range; allowed: > 0 and < 1"]),
    "trick": ("{dropout", "{droput", 12, ["tricks.half.droput: no setting is called", "did you mean 'dropout'?"]),
    "option": ("0.5", "{q: 1}", 12, ["tricks.half.dropout.q: no setting is called 'q'; allowed: p"]),
    "sigma": (
        "dropout: 0.5",
        "instance_noise: -0.1",
        12,
        ["half.instance_noise.sigma: -0.1 is out of range; allowed: > 0"],
    ),
    "level": (
        "dropout: 0.5",
        "spectral_norm: d",
        12,
        ["spectral_norm.on: 'd' is none of the levels; allowed: D, G, both"],
    ),
    "deep line": ("activation_d: selu", "activation_d: sleu", 15, ["tricks.selu.activation_d", "did you mean 'selu'?"]),
    "bare number": ("{dropout: 0.5}", "0.5", 12, ["tricks.half: 0.5 is not right; allowed: settings and their values"]),
    "no settings": ("{dropout: 0.5}", "{}", 12, ["tricks.half: arms baseline and half resolve to the same"]),
    "changes nothing": ("dropout: 0.5", "width: 8", 12, ["tricks.half: arms baseline and half resolve to the same"]),
    "written otherwise": ("0.5}", "{p: 0.5}}\n  twin: {dropout: 0.5}", 13, ["arms half and twin resolve to the same"]),
    "clash": (
        "ttur: {lr_d: 4e-4}",
        "ttur: {dropout: 0.1}",
        5,
        ["arm all: half and ttur both set dropout, to 0.5 and 0.1"],
    ),
    "reserved": ("half:", "all:", 12, ["tricks.all: 'all' means something else already; allowed: names other than"]),
    "factor's name": ("half:", "a/b:", 12, ["tricks.a/b: 'a/b' can't be a factor's name; allowed: 1 to 64 letters"]),
    "needs": ("{dropout: 0.5}", "{label_smoothing: 0.9, loss: hinge}", 12, ["nothing to smooth", "non_saturating"]),
}


@pytest.mark.parametrize(("old", "new", "line", "parts"), BAD.values(), ids=BAD)
def test_one_mistake_one_message(tmp_path: Path, old: str, new: str, line: int, parts: list[str]) -> None:
    assert old in GOOD
    problems = problems_of(tmp_path, GOOD.replace(old, new, 1))
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"mine.yaml:{line}: ")
    assert [part for part in parts if part not in problems[0]] == []


@pytest.mark.parametrize("written", ["tricks:", "tricks: {}", "tricks: [dropout]"])
def test_no_tricks(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(tmp_path, GOOD[: GOOD.index("tricks:")].replace("all_together: true\n", "") + written)
    assert problem.startswith("mine.yaml:10: tricks: ")
    assert "allowed: 1 to 256 names with the settings that they change" in problem


def test_every_mistake_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = """\
question: q
desing: one-in
seeds: [0, 0]
baseline:
  dat: shapes
  batch_size: 0
  loss: hinge
tricks:
  baseline: {dropout: 0.1}
  much: {dropout: 1.5, droput: 1}
  noise:
    instance_noise:
      sigma: -1
      wher: input
  smooth: {label_smoothing: 0.9}
  bare: 0.3
"""
    problems = problems_of(tmp_path, text)
    starts = [problem.split(": ")[0] + " " + problem.split(": ")[1] for problem in problems]
    assert starts == [
        "mine.yaml:1 design",
        "mine.yaml:2 desing",
        "mine.yaml:3 seeds",
        "mine.yaml:5 baseline.dat",
        "mine.yaml:6 baseline.batch_size",
        "mine.yaml:9 tricks.baseline",
        "mine.yaml:10 tricks.much.dropout.p",
        "mine.yaml:10 tricks.much.droput",
        "mine.yaml:13 tricks.noise.instance_noise.sigma",
        "mine.yaml:14 tricks.noise.instance_noise.wher",
        "mine.yaml:15 tricks.smooth.label_smoothing",
        "mine.yaml:16 tricks.bare",
    ]


def test_a_wrong_type_hides_no_broken_rule(tmp_path: Path) -> None:
    text = GOOD.replace("width: 8", "width: wide").replace(
        "dropout: 0.5", "label_smoothing: 0.9, loss: hinge, beta1: 2"
    )
    starts = [problem.split(": ")[1] for problem in problems_of(tmp_path, text)]
    assert starts == ["baseline.width", "tricks.half.beta1", "tricks.half.label_smoothing"]


def test_a_wrong_baseline_makes_no_arms_look_alike(tmp_path: Path) -> None:
    text = GOOD.replace("width: 8", "lr_d: fast").replace("lr_d: 4e-4", "lr_d: 2e-4")  # the default's value
    assert [problem.split(": ")[1] for problem in problems_of(tmp_path, text)] == ["baseline.lr_d"]


def test_a_factor_that_breaks_a_trick_of_the_baseline(tmp_path: Path) -> None:
    text = GOOD.replace("width: 8", "label_smoothing: 0.9").replace("lr_d: 4e-4", "loss: hinge")
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith("mine.yaml:16: tricks.ttur: label_smoothing: needs a loss with targets")


def test_factors_that_only_together_break_a_rule(tmp_path: Path) -> None:
    text = GOOD.replace("dropout: 0.5", "label_smoothing: 0.9").replace("lr_d: 4e-4", "loss: hinge")
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith("mine.yaml:12: tricks.half.label_smoothing: arm all: needs a loss with targets")
    load_text(tmp_path, text.replace("all_together: true\n", ""))  # apart they are fine


def test_excludes_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Compatibility(text="activation_d: selu", holds=lambda c: c.activation_d != "selu", reason="they do not mix")
    tricks = registry_of("trick", (replace(t, excludes=(rule,)) if t.name == "dropout" else t for t in TRICKS.values()))
    monkeypatch.setattr("gan_core.tricks.TRICKS", tricks)
    (problem,) = problems_of(tmp_path, GOOD)
    assert (
        problem == "mine.yaml:12: tricks.half.dropout: arm all: does not go with activation_d: selu (they do not mix)"
    )


@pytest.mark.parametrize(
    ("arms", "starts"),
    [
        ("{only: {droput: 0.3}}", ["arms", "arms.only.droput"]),
        ("{one: 3, other: {droput: 0.3}}", ["arms.one", "arms.other.droput"]),
        ("[one]", ["arms"]),
    ],
)
def test_wrong_arms_hide_no_mistake_in_the_others(tmp_path: Path, arms: str, starts: list[str]) -> None:
    head = GOOD[: GOOD.index("tricks:")].replace("all_together: true\n", "").replace("one-in", "arms")
    problems = problems_of(tmp_path, f"{head}arms: {arms}\n")
    assert [problem.split(": ")[1] for problem in problems] == starts


@pytest.mark.parametrize(
    ("baseline", "trick", "where"),
    [
        ({"metrics": ["kid"]}, {"dropout": 0.3}, ("baseline", "metrics")),
        ({}, {"dropout": 0.3, "metrics": ["is"]}, ("tricks", "dropout", "metrics")),
        ({"metrics": ["is"]}, {"metrics": ["fid"]}, ("baseline", "metrics")),
    ],
)
def test_scores_without_fid_are_refused_before_anything_trains(
    baseline: dict[str, Any], trick: dict[str, Any], where: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        tiny_study(tmp_path, tricks={"dropout": trick}, **baseline)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert "ranked and compared by it" in problem.message
    assert "tiny.yaml:" in problem.source


def test_no_scores_at_all_are_allowed(tmp_path: Path) -> None:
    assert len(tiny_study(tmp_path, extractor="none", metrics=["kid"]).arms) == 2


def _with(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_seed_for_seeds_is_one_mistake(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, _with("seeds: 2", "seed: 2"))
    assert problem.startswith("mine.yaml:6: seed: no setting is called 'seed'")
    assert "did you mean 'seeds'?" in problem


def test_too_many_arms_seeds_and_trials(tmp_path: Path) -> None:
    many = "".join(f"  t{number}: {{lr_d: {number + 1}e-6}}\n" for number in range(257))
    start = GOOD[: GOOD.index("tricks:")]
    (problem,) = problems_of(tmp_path, f"{start}tricks:\n{many}")
    assert "allowed: 1 to 256 names" in problem
    listed = start.replace("one-in", "arms").replace("all_together: true\n", "")
    more = "".join(many.replace("t", letter) for letter in "abcde")
    (problem,) = problems_of(tmp_path, f"{listed}arms:\n{more}")
    assert "allowed: two to 1024 names" in problem
    assert len(problem) < 600
    (problem,) = problems_of(tmp_path, _with("seeds: 2", f"seeds: {list(range(1001))}"))
    assert "a list of at most 1000" in problem
    few = "".join(many.splitlines(keepends=True)[:30])
    (problem,) = problems_of(
        tmp_path, f"{start.replace('seeds: 2', 'seeds: 1000').replace('all_together: true', '')}tricks:\n{few}"
    )
    assert "31 arms with 1000 seeds are 31000 trials; allowed: at most 20000" in problem


def test_an_arm_that_may_have_been_meant_as_a_factor(tmp_path: Path) -> None:
    text = (
        _with("one-in", "arms").replace("all_together: true\n", "")
        + "arms:\n  plain: []\n  haff: []\n  half2: [half]\n"
    )
    (problem,) = problems_of(tmp_path, text)
    assert "arms plain and haff resolve to the same configuration" in problem
    assert "did you mean 'haff: [half]'?" in problem


def test_names_that_differ_by_case_only(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path, _with("all_together: true\n", "") + "  TTUR: {lr_d: 3e-4}\n  Baseline: {lr_d: 5e-4}\n"
    )
    assert [problem.partition("; ")[0] for problem in problems] == [
        "mine.yaml:16: tricks.TTUR: 'TTUR' differs from 'ttur' by case only",
        "mine.yaml:17: tricks.Baseline: 'Baseline' differs from 'baseline' by case only",
    ]
