"""Study files: what a good one becomes."""

from pathlib import Path

import pytest

from ablations.statistics import Looks
from ablations.study.study import load_study
from gan_core.problems import UserError
from tests.ablations.study_texts import GOOD, load_text, problems_of

STUDIES = Path(__file__).parents[3] / "studies"


def test_a_good_file(tmp_path: Path) -> None:
    study = load_text(tmp_path, GOOD)
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
    first, second = sorted(load_text(tmp_path, GOOD).warnings)
    assert first.startswith("all: dropout does not go with activation_d: selu, or activation_g: selu")
    assert second.startswith("selu, all: activation_g selu behind norm_g: batch")
    normed = GOOD.replace("norm_d: none", "spectral_norm: true")
    assert any(
        w.startswith("every arm: spectral_norm does not go with norm_d: batch")
        for w in load_text(tmp_path, normed).warnings
    )


def test_the_record_is_plain_data_and_complete(tmp_path: Path) -> None:
    study = load_text(tmp_path, GOOD)
    record = study.record()
    assert type(record).model_validate_json(record.model_dump_json()) == record
    assert study.plain()["seeds"] == [0, 1]
    assert study.plain()["factors"]["ttur"] == {"lr_d": 4e-4}
    assert [arm.fingerprint for arm in record.arms] == [arm.config.fingerprint() for arm in study.arms]
    assert record.arms[1].config["dropout"]["p"] == 0.5


@pytest.mark.parametrize(("written", "seeds"), [("1", (0,)), ("[7, 3]", (7, 3)), ("[0]", (0,))])
def test_seeds(tmp_path: Path, written: str, seeds: tuple[int, ...]) -> None:
    assert load_text(tmp_path, GOOD.replace("seeds: 2", f"seeds: {written}")).seeds == seeds


def test_another_name(tmp_path: Path) -> None:
    assert load_text(tmp_path, GOOD, name="again-2").name == "again-2"
    assert load_text(tmp_path, GOOD, stem="my study", name="mine").name == "mine"
    with pytest.raises(
        UserError, match=r"--as: 'a/b' can't be a study's name; allowed: 1 to 64 letters, digits, _ or -"
    ):
        load_text(tmp_path, GOOD, name="a/b")
    with pytest.raises(UserError, match=r"my study\.yaml: 'my study' can't be a study's name; .* --as"):
        load_text(tmp_path, GOOD, stem="my study")


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
    assert list(study.factors) == names
    assert study.fraction is not None
    assert (study.fraction.resolution, len(study.arms)) == (4, 16)
    assert study.looks == Looks.declared([5, 8])
    changes = {
        "spectral_norm": {"spectral_norm"},
        "instance_noise": {"instance_noise"},
        "dropout": {"dropout"},
        "label_smoothing": {"label_smoothing"},
        "selu": {"activation_g", "activation_d", "initialisation_g", "initialisation_d"},
        "ttur": {"lr_g", "lr_d"},
        "batch_size": {"batch_size"},
    }
    baseline, *others = study.arms
    for arm in others:
        ours, theirs = arm.config.plain(), baseline.config.plain()
        changed = {key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)}
        assert changed == set[str]().union(*(changes[name] for name, on in arm.factors.items() if on))
    for name in names:  # each is on in half of the arms
        assert sum(arm.factors[name] for arm in study.arms) == 8
    noisy = next(arm.config for arm in others if arm.factors["instance_noise"])
    noise = noisy.trick("instance_noise")
    assert (noise.sigma, noise.anneal_kimg) == (0.1, noisy.budget_kimg)
    ttur = next(arm.config for arm in others if arm.factors["ttur"])
    assert ttur.lr_d == pytest.approx(4 * ttur.lr_g)


def test_all_together_with_one_factor_is_that_factor(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, GOOD[: GOOD.index("  selu:")])
    assert problem.startswith("mine.yaml:5: all_together: arms half and all resolve to the same configuration")
