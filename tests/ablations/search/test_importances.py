"""Optuna's importances: shares of what varied, of settings that are in every trial."""

from pathlib import Path

import pytest

from ablations.search.importances import importances
from tests.ablations.search.hunts import Hunt


def test_importances_are_shares_of_what_is_in_every_trial(tmp_path: Path) -> None:
    hunt = Hunt(tmp_path, {"arms": 8, "sampler": "random"})
    hunt.finish(most=2)
    assert importances(hunt.storage, "hunt") == {}  # too few
    hunt.finish()
    shares = importances(hunt.storage, "hunt")
    assert sorted(shares) == ["dropout", "noise", "smooth"]
    assert sum(shares.values()) == pytest.approx(1)
    assert next(iter(shares)) == "dropout"  # planted as the largest
