"""Journals summed up by several processes: the same summaries, and only where there are many to make."""

import subprocess
import sys
from pathlib import Path

import pytest

from ablations.results import summary_file
from ablations.results.results import read_results, trial_directories
from ablations.results.summary_file import NAME, keep_summaries, read_summary, summary_holds
from tests.ablations.journals import make_arm, write_trial


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed in range(5):
        write_trial(tmp_path / "tiny", make_arm("baseline"), seed, 10.0 + seed)
    return tmp_path / "tiny"


def test_the_same_as_one_by_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directories = trial_directories(root)
    expected = [read_summary(directory) for directory in directories]
    for directory in directories:
        (directory / NAME).unlink()
    monkeypatch.setattr(summary_file, "MANY", 5)
    monkeypatch.setattr(summary_file, "cores", lambda: 2)
    keep_summaries(directories)
    assert all(map(summary_holds, directories))
    assert [read_summary(directory) for directory in directories] == expected
    assert [result.summary for result in read_results(root)] == expected


def test_where_no_process_can_be_started_the_reader_makes_them(root: Path) -> None:
    """A program from standard input can't be imported again by a process of its own."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom ablations.results import summary_file\n"
        "from ablations.results.results import read_results\nsummary_file.MANY, summary_file.cores = 5, lambda: 2\n"
        "print(*(result.summary.best is not None for result in read_results(Path(sys.argv[1]))))"
    )
    done = subprocess.run([sys.executable, "-", str(root)], input=program, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 5


def test_few_are_left_to_the_reader(root: Path) -> None:
    directories = trial_directories(root)
    keep_summaries(directories)
    assert not any((directory / NAME).exists() for directory in directories)


def test_other_code_makes_all_of_them_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directories = trial_directories(root)
    for directory in directories:
        read_summary(directory)
    assert summary_file._missing(directories) == []
    monkeypatch.setattr("ablations.results.summary_file._code_digest", lambda: "other")
    assert summary_file._missing(directories) == directories
