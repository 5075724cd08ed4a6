"""Progress: bars on a terminal, plain lines in a pipe."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from ablations.execution.progress import StudyProgress, TrialProgress
from ablations.execution.standing import NextLook, Standing
from ablations.leaderboard import Leaderboard, leaderboard_of
from ablations.leaderboard.source import from_folders
from ablations.results.results import read_results
from ablations.terminal.progress import LiveDisplay, PlainDisplay, progress_bars
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import Evaluated
from gan_core.machine.resources import Resources
from gan_core.workers.job import STOPPED, Report
from tests.ablations.command import CONTROL
from tests.ablations.journals import story
from tests.ablations.report.studies import looked_at
from tests.ablations.tiny import tiny_trials


@dataclass
class Watched:
    """What a display looks at of a session."""

    root: Path
    trials: tuple[Trial, ...]
    progress: StudyProgress
    resources: Resources = field(default_factory=lambda: Resources(2, 1, ("cpu",)))
    study: Any = field(default_factory=lambda: SimpleNamespace(name="tiny"))

    @property
    def outputs(self) -> "Watched":
        return self

    def last_leaderboard(self) -> Leaderboard:
        return leaderboard_of(read_results(self.root))

    def reports(self) -> Iterator[Report]:
        """The first trial finishes, the second dies on the way, the third diverges, the fourth is stopped."""
        for trial, status in zip(self.trials, ("finished", "finished", "diverged", "finished"), strict=True):
            trial.write_record()
            for event in story(trial, 7.0, status):  # type: ignore[arg-type]
                journal.append(trial.directory, event)
                yield Report(trial.name, event)
                if isinstance(event, Evaluated) and trial in (self.trials[1], self.trials[3]):
                    left = STOPPED if trial is self.trials[3] else "its process ended with exit code 1"
                    yield Report(trial.name, left=left)
                    break


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    trials = tiny_trials(tmp_path, seeds=2, budget_kimg=1.2)
    progress = StudyProgress.of(trials, {trial.name: [] for trial in trials})
    ticks = iter(range(10_000))
    progress.clock = lambda: float(next(ticks))
    return Watched(tmp_path / "tiny", trials, progress)


def console_of(width: int, terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=width, height=40, force_terminal=terminal, highlight=False), file


def test_plain_lines(watched: Watched) -> None:
    console, file = console_of(150, terminal=False)
    with PlainDisplay(watched, console) as display:  # type: ignore[arg-type]
        display.step("opening")
        for report in watched.reports():
            watched.progress.enter(report)
            display.report(report)
    text = file.getvalue()
    assert set(text).isdisjoint(CONTROL)
    lines = [re.sub("about .* left", "about T left", line) for line in text.splitlines()]
    name = watched.trials[0].name
    assert lines[:3] == [
        "tiny: 4 trials, 0 done; 2 at a time on cpu, 1 thread(s) each",
        "opening",
        f"{name}: 0.3 kimg, progress: fid1k_tiny-1a2b3c4d 10.00, is1k_tiny-1a2b3c4d 1.00",
    ]
    assert [line for line in lines[3:] if "kimg" not in line] == [
        "baseline-seed0: finished after 12 s; 1 of 4 done, about T left",
        "ttur-seed0: its process ended with exit code 1; 1 of 4 done, about T left",
        "baseline-seed1: diverged (because) after 12 s; 2 of 4 done, about T left",
        "ttur-seed1: stopped; 2 of 4 done, about T left",
    ]


@pytest.mark.parametrize("width", [100, 160])
def test_live(watched: Watched, width: int) -> None:
    console, file = console_of(width, terminal=True)
    screens = []
    with LiveDisplay(watched, console) as display:  # type: ignore[arg-type]
        display.step("opening the stores")
        display._live.refresh()
        assert "opening the stores" in file.getvalue()
        for report in watched.reports():
            watched.progress.enter(report)
            display.report(report)
            screen, shown = console_of(width, terminal=False)
            screen.print(display._draw())
            screens.append(shown.getvalue())
        display._live.refresh()
    at_half = next(screen for screen in screens if "FID 9.00" in screen)
    study, trial = at_half.splitlines()[1:3]
    assert re.fullmatch(r"tiny +━+[╸╺ ━]+ 0 of 4 trials +about .* left", study.strip())
    assert re.fullmatch(r"baseline-seed0 +━+[╸╺ ━]+ 100 images/s +FID 9\.00", trial.strip())
    assert "tiny: fid10k_tiny-1a2b3c4d, lower is better" in screens[-1]
    assert re.search(r"1 +baseline +1, 1/2 diverged +7.0", screens[-1])
    assert all(len(line) <= width for screen in screens for line in screen.splitlines())
    left_on_screen = file.getvalue()
    for line in ("ttur-seed0: its process ended with exit code 1", "baseline-seed1: diverged (because) after 12 s"):
        assert (line in left_on_screen) == ("diverged" not in line)
    assert "\x1b[" in left_on_screen


def test_of_hundreds_of_running_trials_as_many_are_drawn_as_a_window_has_lines_for() -> None:
    progress = StudyProgress({})
    progress.running = {f"arm-seed{n}": TrialProgress(f"arm-seed{n}", 1000, 500, 10.0) for n in range(256)}
    console, file = console_of(100, terminal=False)
    console.print(progress_bars("tiny", progress, most=20))
    lines = file.getvalue().splitlines()
    assert len(lines) == 22
    assert re.fullmatch(r"and 236 more +2,360 images/s", lines[-1].strip())


@pytest.mark.parametrize("terminal", [True, False])
def test_where_the_study_stands_is_printed_above_what_moves(watched: Watched, terminal: bool, tmp_path: Path) -> None:
    (table,) = from_folders([looked_at(tmp_path / "s")]).leaderboard().tables
    console, file = console_of(120, terminal=terminal)
    kind = LiveDisplay if terminal else PlainDisplay
    with kind(watched, console) as display:  # type: ignore[arg-type]
        display.look(Standing(table, NextLook(3, 5, ("ttur",), 2, 7.0)))
    text = file.getvalue()
    assert "s: look 2 of 4, 4 seeds an arm" in text
    assert "stopped: hopeless" in text
    assert "next look: 5 seeds of ttur, 2 runs more, about 7 s" in text
    assert (CONTROL & set(text) == set()) != terminal
