"""The tables of a study across several settings, and what they say together, from journals that were made up."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from ablations.leaderboard import csv_of, frame_of, json_of
from ablations.leaderboard.source import from_folders
from ablations.leaderboard.text.blocks import drawn_across
from ablations.leaderboard.text.markdown import markdown_of
from ablations.report.page.page import page_of
from ablations.report.study_report import study_reports
from ablations.statistics import Looks
from ablations.study.study import Study, load_study
from ablations.workspace.trials import trials_of
from tests.ablations.journals import Status, story, write

TEXT = """\
question: Which help?
design: DESIGN
seeds: SEEDS
baseline: {data: shapes, image_size: 16, width: 8, batch_size: 10, budget_kimg: 1.2, norm_d: none}
across: {architecture: [dcgan, mlp]}
tricks:
  half: {dropout: 0.5}
  slow: {lr_g: 1e-5}
"""
LEVEL = {"dcgan": 40.0, "mlp": 9.0}  # FIDs of one setting are far from the other's


def made(
    root: Path, ratios: Mapping[str, Sequence[float]], design: str = "one-in", seeds: int = 5, more: str = ""
) -> Study:
    """A study whose arms have these ratios to the baseline in dcgan and in mlp; None, in place of a ratio, diverges."""
    root.mkdir()
    path = root.parent / f"{root.name}.yaml"
    path.write_text(TEXT.replace("DESIGN", design).replace("SEEDS", str(seeds)) + more)
    study = load_study(path)
    (root / "study.json").write_text(study.record().model_dump_json())
    rng = np.random.default_rng(1)
    for trial in trials_of(study, root):
        effect = 1.0
        for name, on in trial.arm.factors.items():
            if on:
                effect *= ratios[name][trial.arm.block == "mlp"]
        status: Status = "diverged" if math.isnan(effect) else "finished"
        fid = LEVEL[trial.arm.block] * math.exp(0.05 * rng.standard_normal()) * (1 if math.isnan(effect) else effect)
        trial.write_record()
        stamp = "11111111" if trial.arm.block == "mlp" else "22222222"
        write(trial, list(story(trial, fid, status, parts=1, ticks=1, stamp=stamp)))
    return study


def test_each_block_has_its_table_and_effects_are_pooled(tmp_path: Path) -> None:
    made(tmp_path / "s", {"half": (0.5, 0.5), "slow": (1.0, 2.0)})
    board = from_folders([tmp_path / "s"]).leaderboard()
    assert [(table.block, len(table.rows)) for table in board.tables] == [("dcgan", 3), ("mlp", 3)]
    assert board.tables[0].rows[0].arm == "half"
    (across,) = board.across
    half, slow = across.by_effect
    own = [next(row.comparison for row in table.rows if row.arm == "half") for table in board.tables]
    values = [one.contrast.effect.mean for one in own if one is not None]
    assert math.log(half.pooled.shown.mean) == pytest.approx(sum(values) / 2)
    assert half.pooled.finding == "helps"
    assert half.count("helps") == half.lower == 2
    assert half.differs.finding == "can't tell"
    assert slow.pooled.finding == "hurts"
    assert slow.in_blocks["mlp"].finding == "hurts"
    assert slow.differs.finding == "differs"
    assert board.answers is across


def test_every_form_of_the_table_has_it(tmp_path: Path) -> None:
    made(tmp_path / "s", {"half": (0.5, 0.5), "slow": (1.0, 2.0)})
    board = from_folders([tmp_path / "s"]).leaderboard()
    frame = frame_of(board)
    pooled = {line["arm"]: line for line in frame[frame["kind"] == "pooled"].to_dict("records")}
    assert [pooled["slow"][name] for name in ("block", "verdict", "differs")] == ["(all)", "hurts", "differs"]
    assert [pooled["half"][name] for name in ("blocks", "blocks_helped", "blocks_lower")] == [2, 2, 2]
    assert set(frame[frame["kind"] == "arm"]["block"]) == {"dcgan", "mlp"}
    assert "(all)" in csv_of(board)
    assert '"in_blocks"' in json_of(board)
    assert json.loads(json_of(board))
    assert "## s: each arm against baseline, averaged over 2 settings" in markdown_of(board)
    words = drawn_across(board.across[0])
    assert words.headings == ("arm", "all settings", "verdict", "between settings", "dcgan", "mlp")
    assert words.sentences[0].startswith("half helps on average, FID -")
    assert "by itself it helps in 2 of 2 settings (FID is lower in 2 of 2)" in words.sentences[0]


def test_a_block_in_which_an_arm_diverges_is_not_left_out_of_the_average(tmp_path: Path) -> None:
    made(tmp_path / "s", {"half": (0.3, math.nan), "slow": (1.0, 1.0)})
    (across,) = from_folders([tmp_path / "s"]).leaderboard().across
    half = across.by_effect[0].pooled
    assert math.isnan(half.shown.mean)
    assert half.finding == "can't tell"
    assert half.diverged == "5 against 0 of 10 runs"
    row = drawn_across(across).rows[0]
    assert (row[1], row[-1]) == ("unknown", "no score")


def test_factorial_effects_are_pooled_too(tmp_path: Path) -> None:
    made(tmp_path / "s", {"half": (0.5, 0.5), "slow": (1.0, 1.0)}, "factorial", seeds=3)
    (across,) = from_folders([tmp_path / "s"]).leaderboard().across
    assert [effect.name for effect in across.by_effect] == ["half", "slow", "half:slow"]
    assert across.by_effect[0].pooled.finding == "helps"
    assert across.by_effect[0].pooled.shown.mean == pytest.approx(0.5, rel=0.1)
    assert across.by_effect[2].pooled.is_interaction


def test_effects_of_a_fraction_stand_once_with_their_aliases(tmp_path: Path) -> None:
    """Each effect is planted, so that what a line says of two aliases is the sum of both."""
    more = "  smooth: {label_smoothing: 0.9}\n  wide: {latent_dim: 16}\nresolution: 4\n"
    ratios = {"half": (0.5, 0.5), "slow": (1.0, 1.0), "smooth": (1.0, 1.0), "wide": (0.8, 0.8)}
    made(tmp_path / "s", ratios, "fractional", seeds=2, more=more)
    (across,) = from_folders([tmp_path / "s"]).leaderboard().across
    aliases = {effect.name: effect.pooled.aliases for effect in across.by_effect}
    assert list(aliases) == ["half", "slow", "smooth", "wide", "half:slow", "half:smooth", "half:wide"]
    assert [aliases[name] for name in list(aliases)[4:]] == [("smooth:wide",), ("slow:wide",), ("slow:smooth",)]
    assert all(math.isfinite(effect.pooled.shown.mean) for effect in across.by_effect)
    assert across.by_effect[3].pooled.shown.mean == pytest.approx(0.8, rel=0.1)
    assert drawn_across(across).headings[-1] == "can't be told from"


def test_claims_are_answered_over_all_blocks_and_in_one(tmp_path: Path) -> None:
    claims = (
        "claims:\n"
        "  all: {statement: s, source: t, comparison: half < baseline}\n"
        "  pair: {statement: s, source: t, comparison: slow > half}\n"
        "  one: {statement: s, source: t, comparison: slow > baseline, block: mlp}\n"
        "  other: {statement: s, source: t, comparison: slow > baseline, block: dcgan}\n"
    )
    made(tmp_path / "s", {"half": (0.5, 0.5), "slow": (1.0, 2.0)}, more=claims)
    (across,) = from_folders([tmp_path / "s"]).leaderboard().across
    assert [answered.outcome for answered in across.claims] == ["supported", "supported", "supported", "can't tell"]
    assert across.looks.tested == 2 * 2 + 2 * 2 + 1  # averages, between blocks, in blocks; one claim is new


def test_arms_stop_in_all_blocks_or_in_none(tmp_path: Path) -> None:
    study = made(tmp_path / "s", {"half": (0.5, 0.5), "slow": (1.0, 2.0)}, seeds=5)
    looks = Looks.declared([5, 8])
    record = study.record().model_copy(update={"planned_looks": looks, "seeds": tuple(range(8))})
    (tmp_path / "s" / "study.json").write_text(record.model_dump_json())
    (across,) = from_folders([tmp_path / "s"]).leaderboard().across
    assert across.looks.taken == 1
    assert across.looks.going_on == ()  # both are decided
    assert across.looks.next_seeds is None


def test_the_page_opens_with_all_settings(tmp_path: Path) -> None:
    made(tmp_path / "s", {"half": (0.5, 0.5), "slow": (1.0, 2.0)})
    (report,) = study_reports([tmp_path / "s"])
    assert report.across is not None
    assert report.across.headline == (
        "On average over these 2 settings: half helps; slow hurts. The effect of slow differs between the settings."
    )
    assert report.across.forest is not None
    names = [line.name for line in report.across.forest.lines]
    assert names == ["half", "in dcgan", "in mlp", "slow", "in dcgan", "in mlp"]
    page = page_of([report])
    assert page.index("Over all settings") < page.index("Setting dcgan") < page.index("Setting mlp")
