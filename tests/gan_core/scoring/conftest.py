"""One finished run at 16x16, and a folder for what this machine keeps."""

from pathlib import Path

import pytest
import torch

from gan_core import journal
from gan_core.config import resolve
from gan_core.train import train

SETTINGS = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.16,
    "progress_evaluations": 2,
    "progress_samples": 30,
    "full_samples": 60,
    "data_scaling": "standardised",
    "ema": {"half_life_kimg": 0.02},
}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """One finished run, with an average of G that is scored in its place."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    for _ in journal.recorded(train(resolve(SETTINGS), out, home), out):
        pass
    return out
