"""Study files: what a good one becomes, and what is said of bad ones: all at once, each with its line."""

from dataclasses import replace
from pathlib import Path

import pytest

import gan_core.config
from ablations.study import Study, load_study
from gan_core.problems import UserError
from gan_core.tricks import TRICKS, Rule

STUDIES = Path(__file__).parents[2] / "studies"
GOOD = """\
# header
question: Which help?
papers: [One 2016, Two 2017]
design: one-in
all_together: true
seeds: 2
baseline:
  data: shapes
  width: 8
  norm_d: none
tricks:
  half: {dropout: 0.5}
  selu:
    activation_g: selu
    activation_d: selu
  ttur: {lr_d: 4e-4}
"""


def _load(tmp_path: Path, text: str, stem: str = "mine", name: str | None = None) -> Study:
    path = tmp_path / f"{stem}.yaml"
    path.write_text(text)
    return load_study(path, name)


def _problems(tmp_path: Path, text: str) -> list[str]:
    """The messages, without the folder."""
    with pytest.raises(UserError) as caught:
        _load(tmp_path, text)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_a_good_file(tmp_path: Path) -> None:
    study = _load(tmp_path, GOOD)
    assert (study.name, study.path, study.text) == ("mine", tmp_path / "mine.yaml", GOOD)
    assert (study.question, study.papers, study.design) == ("Which help?", ("One 2016", "Two 2017"), "one-in")
    assert study.seeds == (0, 1)
    assert list(study.factors) == ["half", "selu", "ttur"]
    assert [arm.name for arm in study.arms] == ["baseline", "half", "selu", "ttur", "all"]
    baseline, half, selu, ttur, together = study.arms
    assert baseline.is_baseline
    assert not half.is_baseline
    assert half.factors == {"half": True, "selu": False, "ttur": False}
    assert dict(half.settings) == {"data": "shapes", "width": 8, "norm_d": "none", "dropout": 0.5}
    assert half.config.trick("dropout").p == 0.5
    assert selu.config.initialisation_d == "lecun"
    assert (baseline.config.lr_d, ttur.config.lr_d, ttur.config.lr_g) == (2e-4, 4e-4, 2e-4)
    assert together.factors == {"half": True, "selu": True, "ttur": True}
    assert (together.config.activation_g, together.config.lr_d) == ("selu", 4e-4)
    assert all(arm.config.seed == 0 for arm in study.arms)


def test_warnings_name_their_arms(tmp_path: Path) -> None:
    (warning,) = _load(tmp_path, GOOD).warnings  # dropout moves SELU
    assert warning.startswith("all: dropout does not go with activation_d: selu (plain dropout moves SELU away")
    normed = GOOD.replace("norm_d: none", "spectral_norm: true")
    assert any(
        w.startswith("every arm: spectral_norm does not go with norm_d: batch")
        for w in _load(tmp_path, normed).warnings
    )


def test_the_record_is_plain_data_and_complete(tmp_path: Path) -> None:
    study = _load(tmp_path, GOOD)
    record = study.record()
    assert type(record).model_validate_json(record.model_dump_json()) == record
    assert study.plain()["seeds"] == [0, 1]
    assert study.plain()["factors"]["ttur"] == {"lr_d": 4e-4}
    assert [arm.fingerprint for arm in record.arms] == [arm.config.fingerprint() for arm in study.arms]
    assert record.arms[1].config["dropout"] == {"p": 0.5}


@pytest.mark.parametrize(("written", "seeds"), [("1", (0,)), ("[7, 3]", (7, 3)), ("[0]", (0,))])
def test_seeds(tmp_path: Path, written: str, seeds: tuple[int, ...]) -> None:
    assert _load(tmp_path, GOOD.replace("seeds: 2", f"seeds: {written}")).seeds == seeds


def test_another_name(tmp_path: Path) -> None:
    assert _load(tmp_path, GOOD, name="again-2").name == "again-2"
    assert _load(tmp_path, GOOD, stem="my study", name="mine").name == "mine"
    with pytest.raises(
        UserError, match=r"--as: 'a/b' can't be a study's name; allowed: 1 to 64 letters, digits, _ or -"
    ):
        _load(tmp_path, GOOD, name="a/b")
    with pytest.raises(UserError, match=r"my study\.yaml: 'my study' can't be a study's name; .* --as"):
        _load(tmp_path, GOOD, stem="my study")


@pytest.mark.parametrize("file", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_studies_that_ship_are_good(file: Path) -> None:
    study = load_study(file)
    assert study.arms[0].is_baseline
    assert {"question", "papers", "hardware", "expected"} <= {
        line.removeprefix("# ").split(" ")[0] for line in file.read_text().splitlines() if line.startswith("# ")
    }


def test_ganhacks_asks_its_question() -> None:
    study = load_study(STUDIES / "ganhacks.yaml")
    names = ["spectral_norm", "instance_noise", "dropout", "label_smoothing", "selu", "ttur", "batch_size"]
    assert [arm.name for arm in study.arms] == ["baseline", *names, "all"]
    assert len(study.seeds) == 3
    baseline, *alone = (arm.config.plain() for arm in study.arms[:-1])
    changed = [{key for key in {*baseline, *arm} if baseline.get(key) != arm.get(key)} for arm in alone]
    assert changed == [
        {"spectral_norm"},
        {"instance_noise"},
        {"dropout"},
        {"label_smoothing"},
        {"activation_g", "activation_d", "initialisation_g", "initialisation_d"},
        {"lr_g", "lr_d"},
        {"batch_size"},
    ]
    noise = study.arms[2].config.trick("instance_noise")
    assert (noise.sigma, noise.anneal_kimg) == (0.1, study.arms[2].config.budget_kimg)
    assert alone[5]["lr_d"] == pytest.approx(4 * alone[5]["lr_g"])


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
    "wrong type": ("width: 8", "width: wide", 9, ["baseline.width: 'wide' is not right; allowed: a valid integer"]),
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
    problems = _problems(tmp_path, GOOD.replace(old, new, 1))
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"mine.yaml:{line}: ")
    assert [part for part in parts if part not in problems[0]] == []


@pytest.mark.parametrize("written", ["tricks:", "tricks: {}", "tricks: [dropout]"])
def test_no_tricks(tmp_path: Path, written: str) -> None:
    (problem,) = _problems(tmp_path, GOOD[: GOOD.index("tricks:")].replace("all_together: true\n", "") + written)
    assert problem.startswith("mine.yaml:10: tricks: ")
    assert "allowed: at least one name with the settings that it changes" in problem


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
    problems = _problems(tmp_path, text)
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
    starts = [problem.split(": ")[1] for problem in _problems(tmp_path, text)]
    assert starts == ["baseline.width", "tricks.half.beta1", "tricks.half.label_smoothing"]


def test_a_wrong_baseline_makes_no_arms_look_alike(tmp_path: Path) -> None:
    text = GOOD.replace("width: 8", "lr_d: fast").replace("lr_d: 4e-4", "lr_d: 2e-4")  # the default's value
    assert [problem.split(": ")[1] for problem in _problems(tmp_path, text)] == ["baseline.lr_d"]


def test_a_factor_that_breaks_a_trick_of_the_baseline(tmp_path: Path) -> None:
    text = GOOD.replace("width: 8", "label_smoothing: 0.9").replace("lr_d: 4e-4", "loss: hinge")
    (problem,) = _problems(tmp_path, text)
    assert problem.startswith("mine.yaml:16: tricks.ttur: label_smoothing: needs a loss with targets")


def test_factors_that_only_together_break_a_rule(tmp_path: Path) -> None:
    text = GOOD.replace("dropout: 0.5", "label_smoothing: 0.9").replace("lr_d: 4e-4", "loss: hinge")
    (problem,) = _problems(tmp_path, text)
    assert problem.startswith("mine.yaml:12: tricks.half.label_smoothing: arm all: needs a loss with targets")
    _load(tmp_path, text.replace("all_together: true\n", ""))  # apart they are fine


def test_excludes_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Rule(text="activation_d: selu", holds=lambda c: c.activation_d != "selu", reason="they do not mix")
    tricks = tuple(replace(t, excludes=(rule,)) if t.name == "dropout" else t for t in TRICKS)
    monkeypatch.setattr(gan_core.config, "TRICKS", tricks)
    (problem,) = _problems(tmp_path, GOOD)
    assert (
        problem == "mine.yaml:12: tricks.half.dropout: arm all: does not go with activation_d: selu (they do not mix)"
    )


def test_all_together_with_one_factor_is_that_factor(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD[: GOOD.index("  selu:")])
    assert problem.startswith("mine.yaml:5: all_together: arms half and all resolve to the same configuration")
