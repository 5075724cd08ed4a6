"""The user's words -> one record, and what wrong words get."""

from typing import Any

import pytest

from gan_core.config import broken_rules, resolve
from gan_core.problems import UserError
from gan_core.tricks import TRICKS
from tests.gan_core.tricks.triggers import triggered


@pytest.mark.parametrize(
    ("settings", "where", "severity", "reason"),
    [
        ({"weight_clipping": True, "spectral_norm": "D", "loss": "wasserstein"}, "weight_clipping", "error", "divided"),
        ({"weight_clipping": True, "gradient_penalty": True}, "weight_clipping", "error", "replaces weight clipping"),
        ({"weight_clipping": True, "dragan": True}, "weight_clipping", "error", "replaces weight clipping"),
        ({"weight_clipping": True, "r1": True}, "weight_clipping", "warning", "two bounds"),
        ({"weight_clipping": True, "loss": "hinge"}, "weight_clipping", "warning", "has to be Lipschitz"),
        ({"label_smoothing": True, "loss": "hinge"}, "label_smoothing", "error", "nothing to smooth"),
        ({"label_flipping": True, "loss": "hinge"}, "label_flipping", "error", "nothing to flip"),
        ({"noisy_labels": True, "loss": "wasserstein"}, "noisy_labels", "error", "has none to draw"),
        ({"noisy_labels": True, "label_smoothing": True}, "noisy_labels", "error", "would overwrite"),
        ({"gradient_penalty": True, "norm_d": "batch"}, "gradient_penalty", "error", "depend on the whole batch"),
        ({"dragan": True, "norm_d": "batch"}, "dragan", "warning", "depend on the whole batch"),
        ({"dropout": True, "activation_d": "selu"}, "dropout", "warning", "alpha dropout"),
        ({"spectral_norm": "D", "norm_d": "batch"}, "spectral_norm", "warning", "rescales"),
        ({"ada": True, "loss": "relativistic"}, "ada", "error", "takes for real"),
        ({"loss": "wasserstein"}, "loss", "warning", "arXiv:1701.07875"),
        ({"loss": "wasserstein", "spectral_norm": "G"}, "loss", "warning", "growing"),
    ],
    ids=lambda v: "+".join(v) if isinstance(v, dict) else None,
)
def test_what_does_not_go_together_is_refused_or_warned_about(
    settings: dict[str, Any], where: str, severity: str, reason: str
) -> None:
    settings = {"norm_d": "none", **settings}
    if severity == "error":
        with pytest.raises(UserError) as caught:
            resolve(settings)
        problems = list(caught.value.problems)
    else:
        problems = broken_rules(resolve(settings), "warning")
    assert any(problem.where == (where,) and reason in problem.message for problem in problems)


@pytest.mark.parametrize("bound", ["weight_clipping", "gradient_penalty", "dragan", "r1", "r2", "spectral_norm"])
def test_a_critic_whose_slope_is_bounded_is_not_warned_about(bound: str) -> None:
    config = resolve({"loss": "wasserstein", "norm_d": "none", bound: True})
    assert "loss" not in [problem.where[0] for problem in broken_rules(config, "warning")]


def test_shorthands_mean_the_same() -> None:
    assert resolve({"dropout": 0.3}) == resolve({"dropout": {"p": 0.3}})
    assert resolve({"spectral_norm": True}) == resolve({"spectral_norm": {}})
    assert resolve({"spectral_norm": False}) == resolve({"spectral_norm": None}) == resolve({})


def test_plain_data_resolves_to_itself() -> None:
    config = resolve({"instance_noise": 0.2, "activation_d": "selu", "seed": 3, **dict.fromkeys(["dropout"], True)})
    assert resolve(config.plain()) == config
    assert resolve(config.plain()).fingerprint() == config.fingerprint()


def test_a_fingerprint_tells_every_setting_apart() -> None:
    settings: list[dict[str, Any]] = [{}, {"seed": 1}, {"lr_d": 1e-3}, {"width": 32}, {"label_smoothing": 0.9}]
    settings += [
        {"label_smoothing": 0.8},
        {"loss": "hinge"},
        *(triggered(t.name) for t in TRICKS.values() if t.name != "label_smoothing"),
    ]
    assert len({resolve(s).fingerprint() for s in settings}) == len(settings)


def test_a_fingerprint_does_not_know_the_tricks_that_are_off() -> None:
    """So that a trick that is added to the registry leaves finished runs finished."""
    assert not {trick.name for trick in TRICKS.values()} & resolve({}).plain().keys()


def test_records_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        resolve({}).width = 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"widht": 3}, ["widht", "no setting is called 'widht'", "did you mean 'width'?"]),
        ({"data": "fashion_mnst"}, ["data", "no data set is called 'fashion_mnst'", "did you mean 'fashion-mnist'?"]),
        ({"activation_d": "relU"}, ["activation_d", "relu, leaky_relu, selu", "did you mean 'relu'?"]),
        ({"batch_size": 0}, ["batch_size", "0 is out of range", ">= 2"]),
        ({"batch_size": 6.5}, ["batch_size", "6.5", "whole number"]),
        ({"batch_size": "many"}, ["batch_size", "'many'", "whole number"]),
        ({"batch_size": True}, ["batch_size", "True", "whole number"]),
        ({"lr_g": -1}, ["lr_g", "-1 is out of range", "> 0"]),
        ({"lr_g": float("nan")}, ["lr_g", "nan", "finite"]),
        ({"lr_g": float("inf")}, ["lr_g", "inf", "finite"]),
        ({"dropout": 1.5}, ["dropout.p", "1.5 is out of range", "> 0 and < 1"]),
        ({"instance_noise": {"sigma": -0.1}}, ["instance_noise.sigma", "-0.1 is out of range", "> 0"]),
        ({"instance_noise": {"sgima": 0.1}}, ["instance_noise.sgima", "did you mean 'sigma'?"]),
        ({"spectral_norm": "Both"}, ["spectral_norm.on", "D, G, both", "did you mean 'both'?"]),
        ({"loss": "hinge", "label_smoothing": 0.9}, ["label_smoothing", "needs a loss with targets: non_saturating"]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_mistake_is_named_with_what_is_allowed(settings: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        resolve(settings)
    (problem,) = caught.value.problems
    for word in words:
        assert word in str(problem)


def test_all_mistakes_at_once() -> None:
    with pytest.raises(UserError) as caught:
        resolve({"widht": 3, "batch_size": 0, "dropout": 1.5, "data": "x"})
    assert len(caught.value.problems) == 4


def test_questionable_company_is_a_warning() -> None:
    config = resolve({"activation_d": "selu", "norm_d": "none", "dropout": 0.3})
    assert ["alpha dropout" in str(p) for p in broken_rules(config, "warning")] == [True]
    assert broken_rules(resolve({"dropout": 0.3}), "warning") == []
    assert broken_rules(resolve({"spectral_norm": "G", "norm_d": "batch"}), "warning") == []
    assert len(broken_rules(resolve({"spectral_norm": "D", "norm_d": "batch"}), "warning")) == 1


@pytest.mark.parametrize("player", ["g", "d"])
def test_selu_behind_a_normalisation_is_a_warning(player: str) -> None:
    plain = {"norm_g": "none", "norm_d": "none", f"activation_{player}": "selu"}
    assert broken_rules(resolve(plain), "warning") == []
    (problem,) = broken_rules(resolve({**plain, f"norm_{player}": "batch"}), "warning")
    assert problem.where == (f"activation_{player}",)
    assert f"selu behind norm_{player}: batch" in problem.message


def test_metrics_are_a_list_of_known_names() -> None:
    assert resolve({"metrics": "is, fid"}).metrics == resolve({"metrics": ["is", "fid"]}).metrics == ("is", "fid")
    wrong = {"metrics": "fid,fdi", "progress_metrics": ["is"]}
    with pytest.raises(UserError, match=r"no metric is called 'fdi'.*did you mean 'fid'\?") as caught:
        resolve(wrong)
    assert "fid must be among them" in str(caught.value)  # the best checkpoint is chosen by it
    for none_or_twice in ([], "fid,fid", 3):
        with pytest.raises(UserError, match="allowed: some of"):
            resolve({"metrics": none_or_twice})


def test_the_metrics_that_were_always_measured_change_no_fingerprint() -> None:
    plain = resolve({})
    assert resolve({"metrics": "fid,is", "progress_metrics": "fid,is"}).fingerprint() == plain.fingerprint()
    assert resolve({"metrics": "fid"}).fingerprint() != plain.fingerprint()
    assert resolve({"progress_extractor": "fmnistcnn"}).fingerprint() != plain.fingerprint()


@pytest.mark.parametrize(
    "settings",
    [{}, {"dropout": 0.3, "architecture": "ganhacks2"}, {"metrics": "is", "activation_d": "selu", "seed": 5}],
)
def test_another_seed_is_what_resolving_the_words_with_it_gives(settings: dict[str, Any]) -> None:
    config = resolve(settings)
    for seed in (0, 1, 2**31 - 1):
        expected = resolve({**settings, "seed": seed})
        assert config.with_seed(seed) == expected
        assert config.with_seed(seed).fingerprint() == expected.fingerprint()
    assert config == resolve(settings)


@pytest.mark.parametrize("seed", [-1, 2**31, 1.0, True, None, "1"])
def test_what_is_no_seed_makes_no_configuration(seed: Any) -> None:
    with pytest.raises(ValueError, match="is no seed: 0 to 2147483647"):
        resolve({}).with_seed(seed)


def test_pixel_norm_before_the_activation_is_a_warning_that_names_the_papers() -> None:
    (problem,) = broken_rules(resolve({"norm_g": "pixel"}), "warning")
    assert (problem.where, "pixel_after_activation" in problem.message) == (("norm_g",), True)
    assert broken_rules(resolve({"norm_g": "pixel_after_activation"}), "warning") == []


def test_a_mirrored_data_set_is_a_warning_where_the_data_face_one_way() -> None:
    (problem,) = broken_rules(resolve({"mirror": True}), "warning")
    assert problem.where == ("mirror",)
    assert "shoes of fashion-mnist face one way" in problem.message
    assert broken_rules(resolve({"mirror": True, "data": "shapes"}), "warning") == []


def test_mirrored_images_are_a_warning_where_the_data_face_one_way() -> None:
    for data, flip, warned in (("fashion-mnist", True, 1), ("fashion-mnist", False, 0), ("shapes", True, 0)):
        config = resolve({"data": data, "norm_d": "none", "consistency_regularization": {"flip": flip}})
        problems = broken_rules(config, "warning")
        assert [problem.where for problem in problems] == [("consistency_regularization",)] * warned
        assert all("shoes of fashion-mnist face one way" in problem.message for problem in problems)
