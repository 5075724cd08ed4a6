"""The arithmetic of the simulation of studies across several settings, at a tiny size; its rates are in the docs."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from blocks_rates import BlockWorld, is_wrong, measure


def test_what_is_planted_is_counted() -> None:
    effects = ((-1.0,) * 2, (0.0,) * 2, (-1.0, 1.0))
    held, false, wrong, found, differs = measure(BlockWorld("w", 2, 5, (0.02,), effects), 6)
    assert (found, differs) == (100, 100)
    assert false <= 20  # of 12 tests at 5 %
    assert wrong == 0
    assert held >= 80
    assert is_wrong("helps", 0.0)
    assert is_wrong("no difference", 0.2)
    assert not is_wrong("no difference", 0.01)
    assert not is_wrong("can't tell", 0.5)
