"""The shipped study across several settings, run tiny: every arm in every setting to one table."""

from pathlib import Path

import pytest

from ablations.leaderboard.source import from_folders
from ablations.study.study import load_study
from tests.ablations.command import ablations

STUDY = Path(__file__).parents[2] / "studies" / "across.yaml"


def test_its_settings() -> None:
    study = load_study(STUDY)
    assert [block.name for block in study.blocks] == ["fashion-dcgan", "fashion-mlp", "shapes-dcgan", "shapes-mlp"]
    assert len(study.arms) == 8 * 4
    assert {(a.config.data, a.config.architecture, a.config.width) for a in study.arms} == {
        (data, *network) for data in ("fashion-mnist", "shapes") for network in (("dcgan", 16), ("mlp", 64))
    }


@pytest.mark.slow
def test_to_what_it_says_over_all_settings(tmp_path: Path) -> None:
    words = ["--set", "progress_evaluations=1", "--set", "full_samples=200", "--set", "progress_samples=100"]
    assert (
        ablations("run", STUDY, "--runs", tmp_path, "--budget-kimg", "0.1", "--seeds", "2", *words, "--offline").code
        == 0
    )
    board = from_folders([tmp_path / "across"]).leaderboard()
    assert [len(table.rows) for table in board.tables] == [8] * 4
    (across,) = board.across
    assert [e.name for e in across.by_effect][:4] == ["spectral_norm", "ttur", "label_smoothing", "dropout"]
    assert all(len(effect.in_blocks) == 4 for effect in across.by_effect)
