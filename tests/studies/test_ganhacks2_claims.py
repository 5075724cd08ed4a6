"""Dropout on D's last layer, the claims' own trick: which numbers it zeroes, and that it keeps to the contract."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ablations.study.study import load_study
from gan_core.cli.app import main
from gan_core.config import resolve
from gan_core.training.build import build

FILE = Path(__file__).parents[2] / "studies" / "claims" / "ganhacks2.yaml"
TRICK = FILE.with_name("dropout_on_logits.py")


def test_it_keeps_to_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    threads = torch.get_num_threads()
    try:
        assert main(["check", str(TRICK)]) == 0
    finally:
        torch.set_num_threads(threads)
    assert "all that dropout_on_logits.py registers keeps to the contract" in capsys.readouterr().out


def test_some_logits_are_zero_and_the_rest_are_scaled() -> None:
    arms = {arm.name: arm.config.plain() for arm in load_study(FILE).arms}
    settings = {**arms["dropout_to_the_end"], "data": "shapes", "image_size": 16, "width": 2, "dropout": None}
    state = build(resolve(settings), np.zeros((2, 1, 16, 16), dtype=np.uint8), torch.device("cpu"))
    x = torch.randn(4000, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        state.D.eval()
        plain = state.D(x)
        state.D.train()
        dropped = state.D(x)
    assert (plain != 0).all()
    zero = dropped == 0
    assert float(zero.float().mean()) == pytest.approx(0.3, abs=0.03)
    torch.testing.assert_close(dropped[~zero], plain[~zero] / 0.7)


def test_it_stands_beside_the_platforms_own_dropout() -> None:
    """One sits behind each hidden block, the other behind the last layer alone."""
    arms = {arm.name: arm.config for arm in load_study(FILE).arms}
    assert arms["dropout_to_the_end"].trick("dropout") == arms["dropout"].trick("dropout")
    assert arms["dropout_to_the_end"].trick("dropout_on_logits").p == 0.3
    assert arms["dropout"].trick("dropout_on_logits") is None
