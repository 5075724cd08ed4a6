"""The ranked arms as a table: what it says, and that it fits."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ablations.leaderboard import leaderboard_of
from ablations.results.results import read_results
from ablations.terminal.leaderboard import leaderboard_table, show_leaderboard
from tests.ablations.journals import make_arm, write_trial


def drawn(root: Path, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    for table in leaderboard_of(read_results(root)).tables:
        console.print(leaderboard_table(table))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed, fids in enumerate([(100.0, 90.0), (110.0, 112.0), (126.0, 101.0)]):
        write_trial(tmp_path, make_arm("baseline"), seed, fids[0])
        write_trial(tmp_path, make_arm("label_smoothing", ("ttur",)), seed, fids[1])
        write_trial(tmp_path, make_arm("both", ("ttur", "dropout")), seed, 1.0, "finished" if seed else "diverged")
        write_trial(tmp_path, make_arm("lost", ("dropout",)), seed, 1.0, "diverged")
    return tmp_path


def test_every_row_is_one_line_of_110_columns(root: Path) -> None:
    lines = drawn(root, 110)
    rows = [" ".join(line.split()) for line in lines if line.split()[:1] in (["1"], ["2"], ["3"], ["lost"])]
    # two equal FIDs show no spread, so they have no interval
    # mean ± t(0.975, 2) s / sqrt(3), t = 4.303: s = 11.00 and 13.11
    # ratios 0.9, 112/110, 101/126: geometric mean 0.902, s = 0.120 of the logarithms; the interval allows for the
    # first of eight looks, at two questions: t(1 - 0.05 / 8 / 2 / 2, 2) = 17.8
    # of two seeds 1/110, 1/126: geometric mean 0.0085, t(1 - 0.05 / 8 / 2 / 2, 1) = 204
    assert rows == [
        "1 both 2, 1/3 diverged 1.00 2.00 -99 % [-100, >+1000] can't tell 0.10 2 unclear",
        "2 label_smoothing 3 101.0 ± 27.3 102.0 -9.8 % [-74, +209] can't tell 10.1 3 unclear",
        "3 baseline 3 112.0 ± 32.6 113.0 baseline 11.2 3 unclear",
        "lost 0, 3/3 diverged can't tell",
    ]
    assert all(len(line.rstrip()) <= 110 for line in lines)


def test_nothing_is_cut_on_a_wide_screen(root: Path) -> None:
    assert [line.strip() for line in drawn(root, 160)] == [line.strip() for line in drawn(root, 130)]


def test_no_score_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_trial(tmp_path, make_arm("baseline"), 0, 1.0, "diverged")
    show_leaderboard(leaderboard_of(read_results(tmp_path)))
    shown = capsys.readouterr().out
    assert "tiny: no trial has a score yet" in shown
    assert "0, 1/1 diverged" in shown
    assert "protocol" not in shown


def test_another_reference_is_called_by_its_name(tmp_path: Path) -> None:
    for seed, fids in enumerate([(10.0, 9.0), (11.0, 12.0)]):
        for name, fid in zip(("all", "without_ttur"), fids, strict=True):
            write_trial(tmp_path, replace(make_arm(name), reference="all"), seed, fid)
    text = "\n".join(drawn(tmp_path, 130))
    assert "vs all" in text
    assert "baseline" not in text
    (line,) = [line for line in text.splitlines() if line.split()[1:2] == ["all"]]
    assert "reference" in line
