"""A good study file, and what is said of others."""

from pathlib import Path

import pytest

from ablations.study.study import Study, load_study
from gan_core.problems import UserError

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


def load_text(tmp_path: Path, text: str, stem: str = "mine", name: str | None = None) -> Study:
    path = tmp_path / f"{stem}.yaml"
    path.write_text(text)
    return load_study(path, name)


def problems_of(tmp_path: Path, text: str) -> list[str]:
    """The messages, without the folder."""
    with pytest.raises(UserError) as caught:
        load_text(tmp_path, text)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
