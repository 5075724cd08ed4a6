"""The examples of a user's own code: each keeps to the contract, and each study comes to a leaderboard.

`docs/your_own_trick.md` shows what the commands print: word for word what they print now.
"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gan_core.cli.app import main
from gan_core.plugin_text import read_source
from tests.ablations.command import ablations

ROOT = Path(__file__).parents[2]
OWN = ROOT / "studies" / "own"
DOCUMENT = (ROOT / "docs" / "your_own_trick.md").read_text()
TINY = ["--data", "shapes", "--budget-kimg", "0.2", "--seeds", "1", "--executor", "inline", "--threads", "1"]
SCORES = {"progress_evaluations": 1, "progress_samples": 20, "full_samples": 40, "width": 4}


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What `python -m gan_core check` prints; the number of threads is set back."""
    threads = torch.get_num_threads()

    def checking(file: Path, code: int, *words: str) -> str:
        try:
            assert main(["check", str(file), *words]) == code
        finally:
            torch.set_num_threads(threads)
        return capsys.readouterr().out

    return checking


def shown(text: str) -> bool:
    """Whether the document has it as a block, numbers of the last digits apart."""
    return _rounded(textwrap.indent(text.rstrip(), "    ")) in _rounded(DOCUMENT)


def _rounded(text: str) -> str:
    return re.sub(r"\d+\.\d+", "#", "\n".join(line.rstrip() for line in text.splitlines()))


@pytest.mark.parametrize("name", ["my_trick.py", "my_networks.py", "my_metric.py"])
def test_it_keeps_to_the_contract_as_the_document_shows(name: str, check: Callable[..., str]) -> None:
    assert shown(check(OWN / name, 0))


def test_the_broken_one_is_told_as_the_document_shows(check: Callable[..., str], tmp_path: Path) -> None:
    text, logits = (OWN / "my_trick.py").read_text(), "real = seen.logits_fake"
    assert logits in text
    (tmp_path / "my_trick.py").write_text(text.replace(logits, f"{logits}.detach()"))
    assert shown(check(tmp_path / "my_trick.py", 1, "--quick"))


def test_the_document_shows_the_files_as_they_are() -> None:
    """Each block of code is in a file, and the leaderboard is that of the trick's present text."""
    files = "\n".join((OWN / name).read_text() for name in ("my_trick.py", "own.yaml"))
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", DOCUMENT, flags=re.MULTILINE)
    code = [block for block in map(textwrap.dedent, blocks) if re.match(r"\n*(class|def|register|question)", block)]
    assert len(code) == 4
    assert all(block.strip() in files for block in code)
    assert f"my_trick.py {read_source(OWN / 'my_trick.py').digest}" in DOCUMENT


@pytest.mark.parametrize(
    ("study", "said"),
    [
        ("own", "top_k"),
        pytest.param("metric", "sliced_wasserstein", marks=pytest.mark.slow),
        pytest.param("networks", "ema", marks=pytest.mark.slow),
    ],
)
def test_its_study_comes_to_a_leaderboard(study: str, said: str, tmp_path: Path) -> None:
    """Tiny: the question is whether the way is open."""
    settings = [word for name, value in SCORES.items() for word in ("--set", f"{name}={value}")]
    if study == "networks":
        settings = settings[:-2]  # their width is their own
    done = ablations("run", OWN / f"{study}.yaml", "--runs", tmp_path, *TINY, *settings)
    assert done.code == 0, done.err
    board = (tmp_path / study / "leaderboard.csv").read_text()
    assert said in board
    assert len(board.splitlines()) >= 3


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("study", ["own", "metric", "networks"])
def test_its_study_as_it_is(study: str, tmp_path: Path) -> None:
    done = ablations("run", OWN / f"{study}.yaml", "--runs", tmp_path)
    assert done.code == 0, done.err
    assert "lower is better" in done.out
