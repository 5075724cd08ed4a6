"""What a trick gets wrong is found, and told in words."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import gan_core.training.build as trainer
from gan_core.contract.finding import Finding
from gan_core.contract.plugin import Request, baselines_of_losses, check_plugin
from gan_core.contract.tiny import Baselines
from gan_core.plugin_text import Source
from gan_core.plugins.load import load_source
from gan_core.plugins.loaded import Plugin, unload
from tests.gan_core.contract.broken_tricks import BROKEN, plugin

GOOD = """
def look(x):
    tally.note("shrunk", (x * options.weight).abs().mean())
    return x * (1 - options.weight)

return Parts(view=(look,), **kept)
"""
CONSEQUENCES = {"on", "resumed", "losses", "dose", "cuda graphs"}  # that one mistake may have besides its own


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return baselines_of_losses(quick=False)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Plugin]]:
    """Loads a text as a plug-in, which is forgotten after the test together with what it spoilt."""
    plugins = []
    functional = torch.nn.functional
    monkeypatch.setattr(functional, "binary_cross_entropy_with_logits", functional.binary_cross_entropy_with_logits)
    monkeypatch.setattr(trainer, "BatchStream", trainer.BatchStream)

    def load(text: str) -> Plugin:
        plugins.append(load_source(Source("own.py", text, "own.py")))
        return plugins[-1]

    yield load
    for each in plugins:
        unload(each.entry)


def checked(it: Plugin, baselines: Baselines, home: Path, quick: bool = False) -> list[Finding]:
    ((_, found),) = check_plugin(it, Request(baselines, home, home, {}, quick))
    return found


def test_a_good_one_passes(loaded: Callable[[str], Plugin], baselines: Baselines, tmp_path: Path) -> None:
    found = checked(loaded(plugin(GOOD)), baselines, tmp_path)
    assert [each for each in found if each.failed] == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told(
    name: str, loaded: Callable[[str], Plugin], baselines: Baselines, tmp_path: Path
) -> None:
    broken = BROKEN[name]
    quick = "hinge" not in broken.body
    found = checked(loaded(plugin(broken.body)), baselines, tmp_path, quick)
    wrong = {each.check: each for each in found if each.failed}
    assert broken.fails <= wrong.keys()
    assert wrong.keys() - broken.fails <= CONSEQUENCES
    assert any(broken.words in f"{each.text} {each.advice}" for each in wrong.values()), wrong
    assert all(each.advice for each in wrong.values())
