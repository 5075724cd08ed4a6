"""A study across several settings is exported: the names of its runs have '@', '=' and dots in them."""

from pathlib import Path

from ablations.study.study import load_study
from ablations.workspace.trials import trials_of
from gan_core.workers.exported import read_trials
from tests.ablations.command import ablations

STUDY = """\
question: Does it help?
design: one-in
seeds: 2
across: {lr_g: [2e-4, 1e-3], architecture: [dcgan, mlp]}
baseline: {data: shapes, width: 4, norm_d: none, image_size: 16}
tricks:
  half: {dropout: 0.5}
"""


def test_every_arm_of_every_block_is_exported(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY)
    outcome = ablations("export", path, "--out", tmp_path / "t.tar", "--runs", tmp_path / "runs")
    assert outcome.code == 0, outcome.err
    names = {trial.name for trial in read_trials(tmp_path / "t.tar")}
    assert names == {trial.directory.name for trial in trials_of(load_study(path), tmp_path / "runs" / "mine")}
    assert len(names) == 16
    assert any(name.startswith("half@lr_g=0.0002-mlp-seed1-") for name in names)
