"""The JSON schema of study files, against a validator that is not ours and against what loads them."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from ablations.study.schema import study_schema
from ablations.study.yaml_source import read_value, read_yaml
from gan_core.config import resolve
from gan_core.config.translate import full_config
from gan_core.plugins.loaded import loaded, unload
from gan_core.problems import RuleError, UserError
from gan_core.tricks import TRICKS
from tests.ablations.command import ablations
from tests.ablations.study_texts import GOOD, load_text, problems_of
from tests.fuzz.study_files import SETTINGS, STRANGE
from tests.fuzz.study_files import TRICKS as OPTIONS

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "docs" / "study.schema.json"
# Those with code of their own name what only a schema made with that code knows
STUDIES = [file for file in sorted((ROOT / "studies").rglob("*.yaml")) if "use" not in read_yaml(file).data]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return study_schema()


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Draft7Validator:
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def test_the_kept_schema_is_what_the_command_prints(tmp_path: Path) -> None:
    """Else: `python -m ablations schema --out docs/study.schema.json`."""
    printed = ablations("schema")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out == KEPT.read_text()
    assert ablations("schema", "--out", tmp_path / "it.json").code == 0
    assert (tmp_path / "it.json").read_text() == printed.out
    refused = ablations("schema", "--out", tmp_path / "nowhere" / "it.json")
    assert (refused.code, refused.out) == (2, "")
    assert "there is no" in refused.err


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_shipped_study_names_it_and_is_valid(file: Path, validator: Draft7Validator) -> None:
    assert [error.message for error in validator.iter_errors(read_yaml(file).data)] == []
    first = file.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={os.path.relpath(KEPT, file.parent)}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("papers:", "paper:"),
        ("question: Which help?\n", ""),
        ("question: Which help?", "question: 3"),
        ("design: one-in", "design: one_in"),
        ("all_together: true", "all_together: yes"),
        ("all_together: true", "resolution: 4"),
        ("all_together: true", "arms: {a: [half], b: [ttur]}"),
        ("seeds: 2\n", ""),
        ("seeds: 2", "seed: 2"),
        ("seeds: 2", "seeds: 0"),
        ("seeds: 2", "seeds: [0, 0]"),
        ("seeds: 2", "seeds: {looks: [5, 8], stopp: never}"),
        ("seeds: 2", "seeds: {looks: [5, 8], stop: now}"),
        ("seeds: 2", "rule: {margin: 1.5}\nseeds: 2"),
        ("seeds: 2", "rule: {lower_is_better: true}\nseeds: 2"),
        ("seeds: 2", "claims: {a: {statement: s, source: t}}\nseeds: 2"),
        ("seeds: 2", "claims: {a: {statement: s, source: t, comparison: half < ttur, metric: fdi}}\nseeds: 2"),
        ("width", "widht"),
        ("width: 8", "width: wide"),
        ("width: 8", "width: 8.5"),
        ("width: 8", "batch_size: 1"),
        ("width: 8", "image_size: 5"),
        ("width: 8", "image_size: 32x"),
        ("width: 8", "metrics: [fid, fdi]"),
        ("width: 8", "metrics: fid; kid"),
        ("width: 8", "progress_metrics: [is]"),
        ("width: 8", "extractor: inceptoin"),
        ("width: 8", "max_images: all"),
        ("width: 8", "mirror: yes"),
        ("width: 8", "seed: 3"),
        ("data: shapes", "data: shape"),
        ("half:", "all:"),
        ("half:", "a/b:"),
        ("dropout: 0.5", "droput: 0.5"),
        ("dropout: 0.5", "dropout: 1.5"),
        ("dropout: 0.5", "dropout: {q: 0.5}"),
        ("dropout: 0.5", "spectral_norm: d"),
        ("dropout: 0.5", "spectral_norm: {on: d}"),
        ("dropout: 0.5", "diffaugment: [color]"),
        ("dropout: 0.5", "ada: {policy: 'flip,rotat'}"),
        ("activation_d: selu", "activation_d: sleu"),
    ],
)
def test_what_it_refuses_is_refused_when_loaded(old: str, new: str, validator: Draft7Validator, tmp_path: Path) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert list(validator.iter_errors(read_value(text, "here")))
    assert problems_of(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seeds: 2", "seeds: [3, 7]"),
        ("seeds: 2", "seeds: {looks: [5, 8, 12], stop: never}"),
        ("seeds: 2", "rule: {margin: 0.2, scale: plain}\nseeds: 2"),
        ("seeds: 2", "claims: {a: {statement: s, source: t, not_tested: why}}\nseeds: 2"),
        ("width: 8", "image_size: [16, 24]"),
        ("width: 8", "image_size: 16x24"),
        ("width: 8", "metrics: fid, kid"),
        ("width: 8", "progress_metrics: [is, fid]"),
        ("width: 8", "max_images: 1000\n  mirror: true"),
        ("dropout: 0.5", "ada: true"),
        ("dropout: 0.5", "ada: {policy: 'flip, rotation', target: 0.5}"),
        ("dropout: 0.5", "dropout: 1.0e-1"),
    ],
)
def test_every_way_of_writing_is_known(old: str, new: str, validator: Draft7Validator, tmp_path: Path) -> None:
    text = GOOD.replace(old, new, 1)
    load_text(tmp_path, text)
    assert [error.message for error in validator.iter_errors(read_value(text, "here"))] == []


@pytest.mark.parametrize("trick", TRICKS.values(), ids=lambda trick: trick.name)
def test_a_trick_is_a_switch_a_bare_value_or_its_options(trick: Any, schema: dict[str, Any]) -> None:
    settings = {**schema["definitions"]["Settings"], "definitions": schema["definitions"]}
    validator = Draft7Validator(settings)
    options = json.loads(trick.options().model_dump_json(exclude_none=True))
    for value in (True, False, options, options.get(trick.main_option, True)):
        validator.validate({trick.name: value})
    wrong = copy.deepcopy(options) | {"nonesuch": 1}
    assert not validator.is_valid({trick.name: wrong})
    described = settings["properties"][trick.name]["oneOf"][-1]["properties"]
    assert all(option["description"] for option in described.values())


def test_every_setting_is_described_and_typed(schema: dict[str, Any]) -> None:
    settings = schema["definitions"]["Settings"]["properties"]
    assert set(settings) == set(full_config().model_fields) - {"seed", "use"}
    for words in (*settings.values(), *schema["properties"].values()):
        assert words["description"]
        assert {"type", "anyOf", "oneOf", "allOf", "enum", "$ref"} & set(words)


def test_every_resolved_run_is_a_valid_baseline(schema: dict[str, Any]) -> None:
    validator = Draft7Validator({**schema["definitions"]["Settings"], "definitions": schema["definitions"]})
    for settings in ({}, {"data": "celeba", "extractor": "none", "ada": True, "image_size": (16, 24)}):
        plain = resolve(settings).plain()
        validator.validate({name: value for name, value in plain.items() if name not in ("seed", "use")})


NEAR: tuple[Any, ...] = (
    *(
        3,
        0.5,
        8,
        16,
        64,
        1e-3,
        "fid",
        "fid,kid",
        ["fid"],
        ["kid", "fid"],
        "16x24",
        [16, 24],
        "D",
        "both",
        "crop",
        "dcgan",
    ),
    *("adam", "relu", "all", "bf16", "inception-0123456789abcdef", "flip", "fid, kid", "16x"),
)


def test_whatever_a_run_takes_is_valid(schema: dict[str, Any]) -> None:
    """Every setting, trick and option of a trick with each of many values, most of them wrong."""
    validator = Draft7Validator({**schema["definitions"]["Settings"], "definitions": schema["definitions"]})
    taken = 0
    for value in (*STRANGE, *NEAR):
        of_options = [{trick: {option: value}} for trick, options in OPTIONS.items() for option in options]
        for settings in (
            *({name: value} for name in (*SETTINGS, *OPTIONS) if name not in ("seed", "use")),
            *of_options,
        ):
            try:
                resolve(settings)
            except RuleError:
                pass  # right by itself
            except UserError:
                continue
            taken += 1
            assert [error.message for error in validator.iter_errors(settings)] == [], settings
    assert taken > 500


OWN = """
from pydantic import Field

from gan_core.plugins import register
from gan_core.records import Record
from gan_core.tricks.seats import Parts
from gan_core.tricks.trick import Trick


class Options(Record):
    weight: float = Field(0.5, gt=0, description="how much")


register(Trick(name="mine", summary="a trick of mine", paper="none", options=Options, build=lambda *_: Parts()))
"""


@pytest.fixture
def _nothing_stays() -> Iterator[None]:
    """What a test registers is taken out again."""
    before = {plugin.entry for plugin in loaded()}
    yield
    for plugin in loaded():
        if plugin.entry not in before:
            unload(plugin.entry)


@pytest.mark.usefixtures("_nothing_stays")
def test_code_of_a_users_own_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    printed = ablations("schema", "--use", tmp_path / "mine.py")
    settings = json.loads(printed.out)["definitions"]["Settings"]["properties"]
    _, bare, options = settings["mine"]["oneOf"]
    assert (bare["type"], bare["exclusiveMinimum"]) == ("number", 0)
    assert set(options["properties"]) == {"weight"}


def test_an_error_in_it_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\ny = \n")
    broken = ablations("schema", "--use", tmp_path / "mine.py")
    assert (broken.code, broken.out) == (2, "")
    assert "mine.py:2: SyntaxError" in broken.err
