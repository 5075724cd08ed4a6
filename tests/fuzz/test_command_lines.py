"""Command lines from anywhere: exit code 0, 1 or 2 as documented, no traceback, and what is refused leaves no file.

Nothing is trained and no server starts: `run` gets study files that are refused, `ui` and `server` flags that are.
"""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_core.cli.app import main as gan_core_main
from gan_core.config.catalog import choices, tricks
from tests.ablations.command import ablations, tree
from tests.ablations.tiny import write_study

QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
READING = (
    "plan",
    "leaderboard",
    "report",
    "compare",
    "sample",
    "evaluate",
    "export",
    "verify",
    "sync",
    "scrub",
    "delete",
)
CALM = ("tricks", "version")
FLAGS = (
    *(
        "--runs",
        "--as",
        "--workers",
        "--threads",
        "--device",
        "--budget-kimg",
        "--data",
        "--extractor",
        "--seeds",
        "--set",
    ),
    *("--yes", "--local", "--storage", "--tracking-uri", "--out", "--json", "--md", "--help", "--wrokers", "--", "-x"),
)
WORDS = (
    *(
        "broken.yaml",
        "missing.yaml",
        "nowhere",
        ".",
        "..",
        "../x",
        "/",
        "",
        " ",
        "-1",
        "0",
        "1e300",
        "nan",
        "two",
        "x" * 300,
    ),
    *("width=8", "width=", "width=0x_", "dropout=" + "[" * 3000, "seed=1", "=1", "folder:/dev/zero", "cuda:99", "gpu"),
    *(
        "sqlite:///optuna.db",
        "http://127.0.0.1:9",
        "postgresql://u:p@[::1/db",
        "://",
        "a\nb",
        "\x1b[31m",
        "é\udcff",
        "$(id)",
    ),
)
words = st.sampled_from(WORDS) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10)
alone = st.builds(lambda command, word: [command, word], st.sampled_from(READING), words)  # a name and no more
rest = st.lists(st.sampled_from(FLAGS) | words, max_size=5)
lines = (
    alone
    | st.builds(lambda command, more: [command, *more], st.sampled_from((*READING, *CALM)), rest)
    | st.builds(lambda command, more: [command, "broken.yaml", *more], st.sampled_from(("run", "plan")), rest)
)
trainer_flags = [option.flag for option in choices()] + ["--" + trick.name.replace("_", "-") for trick in tricks()]
trainer_lines = st.builds(
    lambda command, flags: [command, *(word for pair in flags for word in pair), "--nothing-like-this"],
    st.sampled_from(["train", "sample", "show", "evaluate", "run"]),
    st.lists(st.tuples(st.sampled_from(trainer_flags), words), max_size=4),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound study file, and one that is refused."""
    for name in ("MLFLOW_TRACKING_URI", "ABLATIONS_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "broken.yaml").write_text(write_study(folder).read_text().replace("width", "widht"))
    (folder / "tiny.yaml").unlink()
    return folder


def _ends_well(folder: Path, line: list[str]) -> None:
    before = tree(folder)
    outcome = ablations(*line)
    assert outcome.code in (0, 1, 2), (line, outcome)
    assert "Traceback" not in outcome.out + outcome.err, (line, outcome)
    assert "\x1b" not in outcome.out + outcome.err
    if outcome.code == 2:
        assert outcome.err.strip(), line
        assert tree(folder) == before, line


def _trainer_ends_well(folder: Path, line: list[str]) -> None:
    before = tree(folder)
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = gan_core_main(line)
        except SystemExit as end:  # of argparse
            code = end.code
    assert code == 2, (line, out.getvalue())
    assert err.getvalue().strip()
    assert tree(folder) == before


FAST = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=QUIET, database=None)
LONG = settings(max_examples=600, deadline=None, suppress_health_check=QUIET, database=None)


@FAST
@given(line=lines)
def test_a_command_line_ends_with_its_code(here: Path, line: list[str]) -> None:
    _ends_well(here, line)


@FAST
@given(line=trainer_lines)
def test_a_command_line_of_the_trainer_is_refused(here: Path, line: list[str]) -> None:
    _trainer_ends_well(here, line)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@LONG
@given(line=lines)
def test_many_command_lines(here: Path, line: list[str]) -> None:
    _ends_well(here, line)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@LONG
@given(line=trainer_lines)
def test_many_command_lines_of_the_trainer(here: Path, line: list[str]) -> None:
    _trainer_ends_well(here, line)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        ["ablations", "plan", "broken.yaml", "--as", "../x"],
        ["ablations", "leaderboard", "x" * 300],
        ["ablations", "leaderboard", b"\xff\xfe"],
        ["ablations", "run", "broken.yaml", "--set", "width=" + "[" * 3000],
        ["gan_core", "train", "--width", "9" * 5000],
        ["gan_core", "train", "--width", "[" * 100_000],
    ],
    ids=["name", "long name", "bytes", "brackets", "digits", "many brackets"],
)
def test_a_process_of_its_own(here: Path, line: list[str | bytes]) -> None:
    before = tree(here)
    ended = subprocess.run([sys.executable, "-m", *line], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2, ended
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip()
    assert tree(here) == before
