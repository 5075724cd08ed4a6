"""Studies across several settings: the blocks and their arms, and every mistake in them with its place."""

from pathlib import Path

import pytest

from ablations.study.across import Block
from ablations.study.block_names import arm_in_block, block_name
from ablations.study.overrides import Overrides
from ablations.study.questions import question_count
from ablations.study.study import load_study
from gan_core.problems import UserError
from tests.ablations.study_texts import load_text, problems_of

TEXT = """\
question: Which help?
design: one-in
seeds: 2
baseline: {data: shapes, width: 8, norm_d: none}
across: {architecture: [dcgan, mlp], lr_g: [2e-4, 1e-3]}
tricks:
  half: {dropout: 0.5}
  sn: {spectral_norm: true}
"""


def across(words: str, design: str = "one-in") -> str:
    lines = [f"across: {words}" if line.startswith("across") else line for line in TEXT.splitlines()]
    return "\n".join(lines).replace("one-in", design)


def test_every_arm_is_in_every_block(tmp_path: Path) -> None:
    study = load_text(tmp_path, TEXT)
    blocks = ["dcgan-lr_g=0.0002", "dcgan-lr_g=0.001", "mlp-lr_g=0.0002", "mlp-lr_g=0.001"]
    assert [block.name for block in study.blocks] == blocks
    assert [arm.name for arm in study.arms] == [
        f"{arm}@{block}" for block in blocks for arm in ("baseline", "half", "sn")
    ]
    last = study.arms[-1]
    assert (last.config.architecture, last.config.lr_g, last.config.width) == ("mlp", 1e-3, 8)
    assert (last.alone, last.reference, last.block) == ("sn", "baseline@mlp-lr_g=0.001", blocks[-1])
    assert [arm.is_baseline for arm in study.arms] == [True, False, False] * 4
    assert len({arm.config.fingerprint() for arm in study.arms}) == 12
    assert study.reference == "baseline"


def test_the_record_knows_each_block_by_itself(tmp_path: Path) -> None:
    record = load_text(tmp_path, TEXT).record()
    again = type(record).model_validate_json(record.model_dump_json())
    assert again == record
    block = record.of_block("mlp-lr_g=0.001")
    assert [arm.name for arm in block.arms] == ["baseline", "half", "sn"] == list(record.arms_alone)
    assert (block.reference, block.blocks) == ("baseline", ())
    assert record.blocks[0] == Block(name="dcgan-lr_g=0.0002", settings={"architecture": "dcgan", "lr_g": 2e-4})


def test_named_blocks_set_what_belongs_together(tmp_path: Path) -> None:
    study = load_text(tmp_path, across("{small: {width: 4, batch_size: 16}, as_it_is: {}}"))
    assert [arm.name for arm in study.arms[::3]] == ["baseline@small", "baseline@as_it_is"]
    assert [(arm.config.width, arm.config.batch_size) for arm in study.arms[::3]] == [(4, 16), (8, 64)]


@pytest.mark.parametrize("design", ["one-out", "ladder", "factorial"])
def test_other_designs_are_the_same_in_each_block(tmp_path: Path, design: str) -> None:
    study = load_text(tmp_path, across("{width: [4, 8]}", design))
    names = [[arm.alone for arm in study.arms if arm.block == block] for block in ("width=4", "width=8")]
    assert names[0] == names[1]
    if design == "ladder":
        assert [arm.previous for arm in study.arms] == [
            before for w in (4, 8) for before in (None, f"baseline@width={w}", f"1+half@width={w}")
        ]


def test_an_arm_that_one_block_forbids_is_left_out_there_alone(tmp_path: Path) -> None:
    text = across("{reals: {}, labels: {loss: wasserstein}}").replace("{spectral_norm: true}", "{label_smoothing: 0.9}")
    study = load_text(tmp_path, text)
    assert [arm.name for arm in study.arms if arm.alone == "sn"] == ["sn@reals"]
    (left,) = study.left_out
    assert (left.arm, left.block) == ("sn@labels", "labels")
    assert study.warnings[0].startswith("block labels: left out: sn: ")
    ladder = text.replace("one-in", "ladder")
    assert any("in block labels: " in problem for problem in problems_of(tmp_path, ladder))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{width: [4]}", "across: one block only"),
        ("{width: []}", "across.width: an empty list"),
        ("{width: [4, 4]}", "across.width.1: 4 is there twice"),
        ("{width: [4, -1]}", "across.width.1: -1 is out of range"),
        ("{extractor: [fmnistcnn, none]}", "across.extractor.1: block none has no scores"),
        ("{widht: [4, 8]}", "across.widht: no setting is called 'widht'"),
        ("{architecture: [dcgan, dcgna]}", "across.architecture.1: no architecture is called 'dcgna'"),
        ("{dropout: [0.1, 0.2]}", "across.dropout: half sets dropout too (tricks.half)"),
        ("{seed: [1, 2]}", "across.seed: the seed is no setting of a block"),
        ("{a: {width: 4}, b: {width: x}}", "across.b.width: 'x' is not right"),
        ("{a: {width: 8}, b: {}}", "across.b: blocks a and b resolve to the same configuration"),
        ("{a: {width: 4}, A: {}}", "across.A: a and A differ in capitals alone"),
        ("{.: {width: 4}, b: {}}", "across..: '.' can't be a block's name"),
        ("", "across: nothing is there; allowed: settings with lists of values"),
        ("{'a b': {width: 4}, b: {}}", "across.a b: 'a b' can't be a block's name"),
        (
            "{a: {width: 4}, b: [1]}",
            "allowed: all lists or all mappings, not some of each: settings with lists of values",
        ),
        ("[a, b]", "is not right; allowed: settings with lists of values"),
        (
            "{width: [1, 2, 3, 4, 5, 6, 7, 8, 9], latent_dim: [1, 2, 3, 4, 5, 6, 7, 8]}",
            "across: 72 blocks; allowed: at most 64",
        ),
    ],
)
def test_a_mistake_is_said_once_where_it_is(tmp_path: Path, words: str, said: str) -> None:
    (problem,) = problems_of(tmp_path, across(words))
    assert said in problem


def test_what_several_settings_cannot_go_with(tmp_path: Path) -> None:
    assert (
        "rule.scale: differences of FID are not the same" in problems_of(tmp_path, TEXT + "rule: {scale: plain}\n")[0]
    )
    guarded = TEXT.replace("norm_d: none", "norm_d: none, metrics: [fid, precision]") + "guard: {precision: 0.05}\n"
    assert any("a guard holds in one setting" in problem for problem in problems_of(tmp_path, guarded))
    unmeasured = problems_of(tmp_path, TEXT + "guard: {precision: 0.05}\n")
    assert len(unmeasured) == 1  # that it is not measured either is no second mistake
    search = TEXT.replace("one-in", "search").replace(
        "seeds: 2", "explore: {arms: 4, seeds: 1}\nconfirm: {best: 1, seeds: 2}"
    )
    assert any("a search looks for the best arm of one setting" in problem for problem in problems_of(tmp_path, search))
    assert "1000 seeds are 12000" not in str(load_text(tmp_path, TEXT.replace("seeds: 2", "seeds: 1000")).record())
    many = across("{width: [1, 2, 3, 4, 5, 6, 7, 8]}").replace("seeds: 2", "seeds: 1000")
    assert "24 arms with 1000 seeds are 24000 trials" in problems_of(tmp_path, many)[0]


def test_claims_are_about_all_blocks_or_the_one_that_they_name(tmp_path: Path) -> None:
    words = "claims:\n  all: {statement: s, source: t, comparison: half < baseline}\n"
    one = "  one: {statement: s, source: t, comparison: last of half > best of half, block: BLOCK}\n"
    study = load_text(tmp_path, TEXT + words + one.replace("BLOCK", "mlp-lr_g=0.001"))
    assert [claim.block for claim in study.claims] == ["", "mlp-lr_g=0.001"]
    wrong = problems_of(tmp_path, TEXT + words + one.replace("BLOCK", "mlp-lr_g=0.01"))
    assert "claims.one.block: no block is called" in wrong[0]
    assert "did you mean 'mlp-lr_g=0.001'?" in wrong[0]
    pooled = problems_of(tmp_path, TEXT + words + one.replace(", block: BLOCK", ""))
    assert "claims.one: this can't be asked of all blocks together" in pooled[0]
    alone = TEXT.replace("across", "# across") + words + one
    assert "claims.one.block: the study has one setting only" in problems_of(tmp_path, alone)[0]


def test_a_claim_is_about_what_its_block_has_and_measures(tmp_path: Path) -> None:
    text = across("{two: {metrics: [fid, kid]}, one: {loss: wasserstein}}") + "\n"
    claim = "claims:\n  a: {{statement: s, source: t, comparison: {0} < baseline, metric: {1}, block: {2}}}\n"
    (measured,) = load_text(tmp_path, text + claim.format("half", "kid", "two")).claims
    assert (measured.block, measured.metric) == ("two", "kid")
    lacking = "claims.a.metric: 'kid' is not measured in {}"
    assert lacking.format("half@one, baseline@one;") in problems_of(
        tmp_path, text + claim.format("half", "kid", "one")
    )[0].replace("baseline@one, half@one", "half@one, baseline@one")
    pooled = claim.format("half", "kid", "two").replace(", block: two", "")
    assert "half@one" in problems_of(tmp_path, text + pooled)[0]
    forbidden = text.replace("{spectral_norm: true}", "{label_smoothing: 0.9}")
    assert load_text(tmp_path, forbidden + claim.format("sn", "fid", "two")).claims[0].block == "two"
    assert "leaves sn@one out" in problems_of(tmp_path, forbidden + claim.format("sn", "fid", "one"))[0]


def test_the_command_line_cannot_make_the_blocks_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    with pytest.raises(UserError, match=r"--set lr_g: the study goes across several values of lr_g"):
        load_study(path, overrides=Overrides(settings={"lr_g": 1e-3}))
    path.write_text(across("{budget_kimg: [10, 20]}").replace("width: 8", "width: 8, budget_kimg: 10"))
    study = load_study(path, overrides=Overrides(budget_kimg=1))
    assert [arm.config.budget_kimg for arm in study.arms[::3]] == [1, 2]


def test_questions_of_all_blocks_weigh_twice(tmp_path: Path) -> None:
    count = question_count(load_text(tmp_path, TEXT))
    assert (count.effects, count.blocks, count.tested) == (2, 4, 4)


def test_names_are_fit_for_folders() -> None:
    assert block_name({"data": "shapes", "dropout": {"p": 0.5}, "ema": True}) == "shapes-dropout=p=0.5-ema=on"
    assert block_name({"data_dir": "/a b/c"}) == "data_dir=-a-b-c"
    assert len(block_name(dict.fromkeys("abcdefgh", "a-long-value-of-a-setting"))) == 64
    assert arm_in_block("half", "") == "half"
