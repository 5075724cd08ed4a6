"""Designs in study files: what they become, what a rule leaves out, and what is said of mistakes in them."""

from pathlib import Path

import pytest

from ablations.study.record import StudyRecord
from ablations.study.study import Study, load_study
from ablations.workspace.study_changes import forbidden_changes
from ablations.workspace.trials import trials_of
from gan_core.problems import UserError

DESIGNS = Path(__file__).parents[3] / "studies" / "designs"
GOOD = """\
question: q
design: factorial
seeds: 2
baseline:
  data: shapes
  norm_d: none
tricks:
  smooth: {label_smoothing: 0.9}
  hinge: {loss: hinge}
  lsgan: {loss: least_squares}
"""
LISTED = """\
question: q
design: arms
seeds: 2
baseline: {data: shapes}
arms:
  plain: []
  smooth: [label_smoothing]
  wide: {width: 24}
tricks:
  label_smoothing: {label_smoothing: 0.9}
"""


OTHERS = {"precision": "one-in"}  # studies that are named by what they ask, and not by their design


def _load(tmp_path: Path, text: str) -> Study:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return load_study(path)


def _problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        _load(tmp_path, text)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize("file", sorted(DESIGNS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_studies_that_ship_are_good(file: Path) -> None:
    study = load_study(file)
    assert study.design == OTHERS.get(file.stem, file.stem.replace("_", "-"))
    assert study.arms[0].is_baseline
    assert {"question", "papers", "hardware", "expected"} <= {
        line.removeprefix("# ").split(" ")[0] for line in file.read_text().splitlines() if line.startswith("# ")
    }


def test_what_cannot_be_is_left_out_and_told(tmp_path: Path) -> None:
    """Two losses are alternatives; there is nothing to smooth in a hinge loss."""
    study = _load(tmp_path, GOOD)
    assert [arm.name for arm in study.arms] == ["baseline", "smooth", "hinge", "lsgan", "lsgan+smooth"]
    by_name = {left.arm: left for left in study.left_out}
    assert list(by_name) == ["hinge+smooth", "hinge+lsgan", "all"]
    assert by_name["hinge+smooth"].on == ("smooth", "hinge")
    assert by_name["hinge+smooth"].reasons[0].startswith("label_smoothing needs a loss with targets")
    assert by_name["hinge+lsgan"].reasons == ("hinge and lsgan both set loss, to 'hinge' and 'least_squares'",)
    told = [warning for warning in study.warnings if warning.startswith("left out: ")]
    assert told[0].startswith("left out: hinge+smooth: label_smoothing needs")
    assert told[1] == "left out: hinge+lsgan, all: hinge and lsgan both set loss, to 'hinge' and 'least_squares'"
    assert StudyRecord.model_validate_json(study.record().model_dump_json()).left_out == study.left_out


def test_a_factor_that_is_on_in_no_arm(tmp_path: Path) -> None:
    (problem,) = _problems(
        tmp_path,
        GOOD.replace("norm_d: none", "loss: hinge")
        .replace("  hinge: {loss: hinge}\n", "")
        .replace("loss: least_squares", "width: 9"),
    )
    assert problem.startswith("mine.yaml:8: tricks.smooth: smooth can be on in no arm: label_smoothing needs a loss")


def test_a_mistake_in_a_factor_is_told_once_and_leaves_nothing_out(tmp_path: Path) -> None:
    problems = _problems(tmp_path, GOOD.replace("0.9", "7"))
    assert len(problems) == 1
    assert problems[0].startswith("mine.yaml:8: tricks.smooth.label_smoothing.real: 7")


@pytest.mark.parametrize("design", ["one-in\nall_together: true", "one-out", "ladder", "fractional\nresolution: 3"])
def test_elsewhere_what_cannot_be_is_an_error(tmp_path: Path, design: str) -> None:
    problems = _problems(
        tmp_path, GOOD.replace("factorial", design).replace("  lsgan: {loss: least_squares}\n", "  more: {width: 9}\n")
    )
    assert any("needs a loss with targets" in problem for problem in problems)


def test_a_fraction_is_kept_with_its_aliases(tmp_path: Path) -> None:
    text = GOOD.replace("factorial", "fractional\nresolution: 3").replace("loss: hinge", "width: 9")
    study = _load(tmp_path, text.replace("loss: least_squares", "batch_size: 8"))
    fraction = study.record().fraction
    assert fraction is not None
    assert (fraction.resolution, fraction.runs, len(study.arms), fraction.told_apart) == (3, 4, 4, 3)
    assert StudyRecord.model_validate_json(study.record().model_dump_json()) == study.record()


def test_a_list_of_arms(tmp_path: Path) -> None:
    study = _load(tmp_path, LISTED)
    assert [(arm.name, dict(arm.factors)) for arm in study.arms] == [
        ("plain", {"wide": False, "label_smoothing": False}),
        ("smooth", {"wide": False, "label_smoothing": True}),
        ("wide", {"wide": True, "label_smoothing": False}),
    ]
    assert study.arms[2].config.width == 24
    assert study.reference == "plain"
    alone = LISTED[: LISTED.index("tricks:")].replace("  smooth: [label_smoothing]\n", "")
    assert [arm.name for arm in _load(tmp_path, alone).arms] == ["plain", "wide"]


def test_another_reference_is_on_every_record_and_another_study(tmp_path: Path) -> None:
    study = _load(tmp_path, LISTED)
    other = _load(tmp_path, LISTED.replace("arms:\n", "reference: wide\narms:\n"))
    records = [trial.record() for trial in trials_of(other, tmp_path)]
    assert {record.reference for record in records} == {"wide"}
    assert {record.design for record in records} == {"arms"}
    assert [record.arm for record in records if record.is_baseline] == ["wide", "wide"]
    (change,) = forbidden_changes(study.record(), other.record())
    assert str(change) == "reference: 'plain' before, 'wide' now"


def test_a_ladder_remembers_its_rungs(tmp_path: Path) -> None:
    text = (
        GOOD.replace("factorial", "ladder")
        .replace("loss: hinge", "width: 9")
        .replace("loss: least_squares", "lr_d: 1e-3")
    )
    study = _load(tmp_path, text)
    assert [arm.previous for arm in study.record().arms] == [None, "baseline", "1+smooth", "2+hinge"]
    assert trials_of(study, tmp_path)[2].record().previous == "1+smooth"


def test_a_rung_may_set_anew_what_a_lower_one_has_set(tmp_path: Path) -> None:
    rungs = (
        "  hinge: {loss: hinge}\n  slow: {lr_d: 1e-4, r1: 1}\n  course: {loss: relativistic, r1: {gamma: '1:0.1'}}\n"
    )
    text = GOOD[: GOOD.index("tricks:")].replace("factorial", "ladder") + "tricks:\n" + rungs
    study = _load(tmp_path, text)
    assert [arm.config.loss for arm in study.arms[1:]] == ["hinge", "hinge", "relativistic"]
    last = study.arms[-1].config.plain()
    assert (last["lr_d"], last["r1"]["gamma"]) == (1e-4, {"from": 1.0, "to": 0.1})
    for design in ("one-out", "one-in\nall_together: true"):
        assert any("both set loss" in told for told in _problems(tmp_path, text.replace("ladder", design)))


# file, what of it is replaced by what, the line and parts of the one message
BAD = {
    "a design's name": (GOOD, "factorial", "factoral", 2, ["no design is called 'factoral'", "'factorial'?"]),
    "another's option": (
        GOOD,
        "seeds:",
        "all_together: true\nseeds:",
        3,
        ["all_together: means nothing to design factorial", "`design: one-in`"],
    ),
    "another's arms": (
        GOOD,
        "seeds:",
        "resolution: 4\nseeds:",
        3,
        ["resolution: means nothing", "with `design: fractional`"],
    ),
    "no resolution": (GOOD, "factorial", "fractional", 2, ["design fractional needs `resolution`"]),
    "resolution's range": (
        GOOD,
        "factorial",
        "fractional\nresolution: 2",
        3,
        ["resolution: 2 is out of range; allowed: >= 3 and <= 7"],
    ),
    "resolution's type": (GOOD, "factorial", "fractional\nresolution: IV", 3, ["resolution: 'IV' is not right"]),
    "no tricks": (GOOD, GOOD[GOOD.index("tricks") :], "", 1, ["tricks: missing; allowed: 1 to 256 names"]),
    "no arms": (LISTED, LISTED[LISTED.index("arms:\n") : LISTED.index("tricks")], "", 2, ["design arms needs `arms`"]),
    "one arm": (LISTED, "  smooth: [label_smoothing]\n  wide: {width: 24}\n", "", 5, ["arms", "two to 1024 names"]),
    "an arm's type": (LISTED, "[label_smoothing]", "3", 7, ["arms.smooth: 3 is not right; allowed: a list of factors"]),
    "an arm's factor": (
        LISTED,
        "[label_smoothing]",
        "[label_smoothin]",
        7,
        ["no factor is called 'label_smoothin'", "'label_smoothing'?"],
    ),
    "an arm's setting": (LISTED, "width: 24", "widht: 24", 8, ["arms.wide.widht: no setting is called", "'width'?"]),
    "an arm's name": (LISTED, "  wide:", "  wi de:", 8, ["arms.wi de: 'wi de' can't be a factor's name"]),
    "a list's name": (LISTED, "  plain:", "  a/b:", 6, ["arms.a/b: 'a/b' can't be an arm's name"]),
    "a factor twice": (
        LISTED,
        "  smooth: [label_smoothing]\n  wide:",
        "  label_smoothing:",
        7,
        ["'label_smoothing' is a factor under `tricks` already"],
    ),
    "a reference": (LISTED, "arms:\n", "reference: plian\narms:\n", 5, ["no arm is called 'plian'", "'plain'?"]),
    "twins": (LISTED, "[label_smoothing]", "[]", 7, ["arms plain and smooth resolve to the same configuration"]),
}


@pytest.mark.parametrize(("text", "old", "new", "line", "parts"), BAD.values(), ids=BAD)
def test_one_mistake_one_message(tmp_path: Path, text: str, old: str, new: str, line: int, parts: list[str]) -> None:
    assert old in text
    problems = _problems(tmp_path, text.replace(old, new, 1))
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"mine.yaml:{line}: "), problems
    assert [part for part in parts if part not in problems[0]] == []


def test_an_arm_with_another_optimizer_may_inherit_numbers_that_it_does_not_use(tmp_path: Path) -> None:
    """Only what the arm itself names must have an effect there; the baseline's numbers are the baseline's."""
    text = """\
question: q
design: one-in
seeds: 2
baseline: {data: shapes, beta1: 0.0}
tricks:
  rmsprop: {optimizer_g: rmsprop, optimizer_d: rmsprop, rmsprop_decay: 0.9}
"""
    study = _load(tmp_path, text)
    assert [arm.config.beta1 for arm in study.arms] == [0.0, 0.0]
    assert len(trials_of(study, tmp_path)) == 4
    (problem,) = _problems(tmp_path, text.replace("rmsprop_decay: 0.9", "beta2: 0.9"))
    assert "beta2: has no effect under rmsprop" in problem
