"""The same recipe, smaller or on other data: every seed's study runs on tiny data."""

from pathlib import Path

import pytest

from ablations.executors.worker import events_of
from ablations.study.overrides import Overrides, settings_in
from ablations.study.study import load_study
from ablations.workspace.trials import trials_of
from gan_core.events import Finished
from gan_core.problems import UserError
from gan_core.workers.job import Job

STUDIES = Path(__file__).parents[3] / "studies"
SEEDS = sorted((STUDIES / "seeds").glob("*.yaml"))


def test_budgets_of_arms_keep_their_ratio() -> None:
    study = load_study(STUDIES / "seeds" / "dcgan_anh_nn01.yaml", overrides=Overrides(budget_kimg=100.0))
    whole, stopped = (arm.config.budget_kimg for arm in study.arms)
    assert whole == 100
    assert stopped == pytest.approx(18.0, rel=1e-3)  # 18 of 100 epochs


def test_data_and_extractor() -> None:
    study = load_study(STUDIES / "ganhacks.yaml", overrides=Overrides(data="shapes", extractor="none"))
    assert {(arm.config.data, arm.config.extractor) for arm in study.arms} == {("shapes", "none")}
    study = load_study(STUDIES / "seeds" / "ganhacks2.yaml", overrides=Overrides(data="folder:/some/where"))
    assert {(arm.config.data, arm.config.data_dir) for arm in study.arms} == {("folder", "/some/where")}


def test_seeds_and_settings() -> None:
    overrides = Overrides(seeds=2, settings=settings_in(["width=8", "lr_d=1e-3", "replay={fraction: 0.25}"]))
    study = load_study(STUDIES / "ganhacks.yaml", overrides=overrides)
    assert study.seeds == (0, 1)
    assert {arm.config.width for arm in study.arms} == {8}
    assert {arm.config.lr_d for arm in study.arms} == {1e-3}, "an arm's own setting is another for it too"
    assert {arm.config.trick("replay").fraction for arm in study.arms} == {0.25}


def test_a_setting_that_is_none_is_told() -> None:
    with pytest.raises(UserError) as caught:
        settings_in(["width=8", "width", "=8", "width=", "dropout={p"])
    assert [problem.message.split(" ")[0] for problem in caught.value.problems] == [
        "'width'",
        "'=8'",
        "'width='",
        "not",
    ]
    with pytest.raises(UserError, match="did you mean 'width'"):
        load_study(SEEDS[0], overrides=Overrides(settings=settings_in(["widht=8"])))


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_every_recipe_runs_small(path: Path, tmp_path: Path, home: Path) -> None:
    """Every arm of every seed, in thin networks and small batches, for some steps on synthetic pictures."""
    study = load_study(path, overrides=Overrides(budget_kimg=0.04, data="shapes", extractor="none"))
    for trial in trials_of(study, tmp_path)[: len(study.arms)]:
        trial.write_record()
        thin = {**trial.config.plain(), "width": 2, "max_width": 16, "batch_size": 4}
        job = Job(trial.name, thin, trial.directory, home)
        end = list(events_of(job, "cpu", 1))[-1]
        assert isinstance(end, Finished)
        assert end.status == "finished", f"{trial.name}: {end.reason}"


def test_there_are_five_systems() -> None:
    systems = ("ganhacks2", "oh_my_gan", "dcgan_anh_nn01", "gan_analysis", "wgan_tensorflow")
    assert all(any(path.stem.startswith(system) for path in SEEDS) for system in systems)


def test_a_setting_is_read_as_in_a_study_file() -> None:
    assert settings_in(["data_dir=2020-01-31", "width=012", "bias=no"]) == {
        "data_dir": "2020-01-31",
        "width": 12,
        "bias": "no",
    }
    wrong = [
        "width=0x_",
        "lr_g=!!python/name:os.system x",
        "dropout=" + "[" * 3000,
        "seed=%YAML 1.1",
        "loss={a: 1, a: 2}",
    ]
    with pytest.raises(UserError) as caught:
        settings_in(wrong)
    assert [problem.where[:2] for problem in caught.value.problems] == [
        ("--set", "width"),
        ("--set", "lr_g"),
        ("--set", "dropout"),
        ("--set", "seed"),
        ("--set", "loss"),
    ]


def test_what_is_set_twice_is_one_message() -> None:
    with pytest.raises(UserError, match=r"^--set: 'width' is set twice"):
        settings_in(["width=8", "width=16"])
    with pytest.raises(UserError) as caught:
        Overrides(3.0, data="shapes", settings=settings_in(["budget_kimg=2", "data_dir=x", "width=8"]))
    assert [str(problem) for problem in caught.value.problems] == [
        "--budget-kimg: --set budget_kimg: both set it; allowed: one of them",
        "--data: --set data_dir: both set it; allowed: one of them",
    ]
