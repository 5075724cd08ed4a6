"""The arithmetic of the simulation of studies across several settings, at a tiny size; its rates are in the docs."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("marked_tables",):
        sys.modules.pop(name, None)


def test_what_is_planted_is_counted() -> None:
    from benchmarks.blocks_rates import BlockWorld, is_wrong, measure

    effects = ((-1.0,) * 2, (0.0,) * 2, (-1.0, 1.0))
    held, false, wrong, found, differs = measure(BlockWorld("w", 2, 5, (0.02,), effects), 6)
    assert (found, differs) == (100, 100)
    assert (false, wrong) == (0, 0)
    assert held >= 80
    assert is_wrong("helps", 0.0)
    assert is_wrong("no difference", 0.2)
    assert not is_wrong("no difference", 0.01)
    assert not is_wrong("can't tell", 0.5)
