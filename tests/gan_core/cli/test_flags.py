"""Flags of the command line: made from the catalog, resolved like a study file's settings."""

import argparse
from typing import Any

import pytest

from gan_core.cli.app import parser
from gan_core.cli.flags import refuse_unknown, settings_of
from gan_core.config import catalog, resolve
from gan_core.problems import UserError


def settings(line: str) -> dict[str, Any]:
    return settings_of(parser().parse_args(["train", *line.split()]))


def train_parser() -> argparse.ArgumentParser:
    found = parser().parse_args(["train"]).parser
    assert isinstance(found, argparse.ArgumentParser)
    return found


def test_nothing_given_is_nothing_set() -> None:
    assert settings("") == {}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "--spectral-norm --instance-noise 0.1 --label-smoothing 0.9",
            {"spectral_norm": {"on": "D"}, "instance_noise": {"sigma": 0.1}, "label_smoothing": {"real": 0.9}},
        ),
        ("--spectral-norm both", {"spectral_norm": {"on": "both"}}),
        ("--spectral-norm-power-iterations 3", {"spectral_norm": {"power_iterations": 3}}),
        (
            "--instance-noise .2 --instance-noise-anneal-kimg 5e0",
            {"instance_noise": {"sigma": 0.2, "anneal_kimg": 5.0}},
        ),
        ("--instance-noise-where layers", {"instance_noise": {"where": "layers"}}),
        ("--instance-noise --instance-noise-where layers", {"instance_noise": {"where": "layers"}}),
        ("--dropout", {"dropout": {}}),
        ("--dropout false", {}),
        ("--lr-d 8e-4 --lr-g=1e-4 --batch-size 128", {"lr_d": 8e-4, "lr_g": 1e-4, "batch_size": 128}),
        ("--activation-g selu --activation-d selu", {"activation_g": "selu", "activation_d": "selu"}),
        ("--norm-d none --data shapes", {"norm_d": "none", "data": "shapes"}),
        ("--seed 7 --width 8 --budget-kimg 3", {"seed": 7, "width": 8, "budget_kimg": 3.0}),
    ],
)
def test_flags_resolve_like_settings(line: str, expected: dict[str, Any]) -> None:
    assert resolve(settings(line)) == resolve(expected)


def test_every_setting_has_a_flag_and_its_explanation_a_place_in_the_help() -> None:
    text = " ".join(train_parser().format_help().split())
    for option in catalog.choices():
        assert f"{option.flag} " in text
        assert option.description in text
    for trick in catalog.tricks():
        main, *others = (f"--{trick.name}-{option.name}".replace("_", "-") for option in trick.options)
        assert f"{main.rsplit('-' + trick.options[0].name.replace('_', '-'), 1)[0]} [" in text
        assert all(f"{flag} " in text for flag in others)
        assert f"{trick.name}: {trick.summary}" in text
        assert trick.paper in text


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("--dropout 1.5 --batch-size 0", {"dropout.p": "1.5 is out of range", "batch_size": "0 is out of range"}),
        ("--loss wgann", {"loss": "no loss is called 'wgann'"}),
        ("--batch-size many", {"batch_size": "'many' is not right"}),
        ("--spectral-norm E", {"spectral_norm.on": "'E'"}),
    ],
)
def test_what_does_not_fit_is_the_records_to_say(line: str, problems: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        resolve(settings(line))
    found = {".".join(map(str, problem.where)): problem for problem in caught.value.problems}
    assert found.keys() == problems.keys()
    for where, message in problems.items():
        assert message in found[where].message
        assert found[where].allowed


def test_unknown_words() -> None:
    with pytest.raises(UserError) as caught:
        refuse_unknown(train_parser(), ["--spectral-nrm", "--learning=3", "word"])
    assert [str(problem) for problem in caught.value.problems] == [
        "no flag is called '--spectral-nrm'; did you mean '--spectral-norm'?",
        "no flag is called '--learning=3'",
        "'word' belongs to no flag",
    ]


def test_the_value_of_an_unknown_flag_is_no_second_mistake() -> None:
    with pytest.raises(UserError) as caught:
        refuse_unknown(train_parser(), ["--instance-nois", "0.1", "more", "-x", "--widht=3"])
    assert [str(problem).split(";")[0] for problem in caught.value.problems] == [
        "no flag is called '--instance-nois'",
        "'more' belongs to no flag",
        "no flag is called '-x'",
        "no flag is called '--widht=3'",
    ]


@pytest.mark.parametrize("word", ["9" * 5000, "[" * 100_000, '{"a":' * 50_000], ids=["digits", "brackets", "braces"])
def test_a_word_without_end_is_refused_in_one_short_message(word: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve(settings_of(train_parser().parse_args(["--width", word])))
    assert len(str(caught.value)) < 500
