"""`python -m gan_core check`: the table, the words and the exit code."""

from pathlib import Path

import pytest
import torch

from gan_core.cli.app import main
from gan_core.plugins.loaded import loaded, unload
from tests.gan_core.contract.broken_tricks import BROKEN, plugin

GOOD = """
def look(x):
    tally.note("shrunk", (x * options.weight).abs().mean())
    return x * (1 - options.weight)

return Parts(view=(look,), **kept)
"""
LATE = GOOD.replace("options.weight", "(options.weight if options.weight > 0.5 else 0)")


@pytest.fixture(autouse=True)
def _as_before() -> object:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def checked(tmp_path: Path, text: str, *words: str) -> int:
    file = tmp_path / "own.py"
    file.write_text(text)
    return main(["check", str(file), *words])


def test_a_good_trick(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, plugin(GOOD), "--quick") == 0
    said = capsys.readouterr().out
    assert said.startswith("trick own\n  ok       record ")
    assert "differs from the run without it, with loss: non_saturating" in said
    assert said.endswith("all that own.py registers keeps to the contract\n")


def test_a_broken_trick_says_what_and_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, plugin(BROKEN["raises where it trains"].body), "--quick") == 1
    said = capsys.readouterr().out
    assert "  FAILED   runs " in said
    assert "-> own.py:" in said
    assert said.endswith("of 1 that own.py registers, 1 did not keep to the contract\n")


def test_a_trick_that_needs_other_settings_to_act(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, plugin(LATE), "--quick") == 1
    assert "give settings with which it does" in capsys.readouterr().out
    for each in loaded():
        unload(each.entry)
    assert checked(tmp_path, plugin(LATE), "--quick", "--with", "own=0.9") == 0


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("x = 1\n", [], "own.py: registers nothing"),
        ("x = 1\ny = 1 / 0\n", [], "own.py:2: ZeroDivisionError"),
        ("def f(:\n", [], "own.py:1: SyntaxError"),
        (plugin(GOOD), ["--with", "norm_q=none"], "did you mean 'norm_g'?"),
        (plugin(GOOD), ["--with", "norm_d"], "--with: 'norm_d' is no setting; allowed: NAME=VALUE"),
    ],
)
def test_what_cannot_be_checked(
    text: str, words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, text, "--quick", *words) == 2
    assert said in capsys.readouterr().err
