"""Where a study stands after a look, in a few lines: of every design, and whatever became of its questions."""

import io
from pathlib import Path

from rich.console import Console

from ablations.execution.standing import NextLook, Standing
from ablations.leaderboard import Table
from ablations.leaderboard.source import from_folders
from ablations.statistics import Looks
from ablations.terminal.standing import next_look_text, standing_text
from tests.ablations.report.studies import ONE_IN, arm_of, ladder, write_study

LOOKS = Looks.declared((4, 8, 12))
NEXT = NextLook(number=2, seeds=8, arms=("baseline", "ttur"), runs=8, seconds=7800.0)


def drawn(table: Table, coming: NextLook | None = NEXT) -> list[list[str]]:
    """The printed lines, each split where columns are."""
    file = io.StringIO()
    Console(file=file, width=120, highlight=False).print(standing_text(Standing(table, coming)))
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    assert all(len(line) <= 120 for line in lines)
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def table_of(root: Path) -> Table:
    (table,) = from_folders([root]).leaderboard().tables
    return table


def test_one_in(tmp_path: Path) -> None:
    """dropout halves the FID in each seed; of ttur nothing can be said."""
    fids = {"baseline": (10.0, 12.0, 11.0, 13.0), "dropout": (5.0, 6.1, 5.4, 6.6), "ttur": (11.0, 12.5, 10.5, 14.0)}
    lines = drawn(table_of(write_study(tmp_path / "mine", ONE_IN, fids, planned_looks=LOOKS)))
    assert lines[0] == ["mine: look 1 of 3, 4 seeds an arm"]
    assert lines[1] == ["arm", "so far", "effect", "interval that decides", "chance by 12 seeds"]
    dropout, ttur = lines[3:5]
    assert dropout[:3] == ["dropout", "helps (look 1, 4 seeds)", "−50 %"]
    assert dropout[3].startswith("[−5")
    assert len(dropout) == 4  # a verdict needs no chance
    assert ttur[:3] == ["ttur", "undecided", "+4.2 %"]
    assert ttur[4].endswith(" %")
    assert 0 < int(ttur[4].removesuffix(" %")) <= 100
    assert lines[-1] == ["next look: 8 seeds of baseline, ttur, 8 runs more, about 2:10 h"]


def test_hopeless(tmp_path: Path) -> None:
    fids = {"baseline": (10.0, 12.0, 11.0, 13.0), "dropout": (5.0, 6.1, 5.4, 6.6), "ttur": (5.0, 24.0, 8.0, 14.0)}
    looks = Looks.declared((4, 5, 6))
    lines = drawn(table_of(write_study(tmp_path / "mine", ONE_IN, fids, planned_looks=looks)), None)
    assert lines[4][:2] == ["ttur", "stopped: hopeless"]
    assert lines[1][-1] == "interval that decides"  # of nothing is there a chance any more
    assert lines[-1] == ["no more looks: every question is answered or hopeless"]


def test_the_last_look(tmp_path: Path) -> None:
    fids = {"baseline": (10.0, 12.0, 11.0, 13.0), "dropout": (5.0, 6.1, 5.4, 6.6), "ttur": (11.0, 12.5, 10.5, 14.0)}
    looks = Looks(counts=(4,), shares=(1.0,), stop="decided")
    lines = drawn(table_of(write_study(tmp_path / "mine", ONE_IN, fids, planned_looks=looks)), None)
    assert lines[4][:2] == ["ttur", "undecided"]
    assert lines[-1] == ["this was the last look"]


def test_a_ladders_rungs(tmp_path: Path) -> None:
    lines = drawn(table_of(ladder(tmp_path / "climb")))
    assert lines[1][0] == "trick"
    assert [line[0] for line in lines[3:5]] == ["dropout", "ttur"]


def test_effects_of_a_factorial_with_its_interactions(tmp_path: Path) -> None:
    names = {"baseline": (), "dropout": ("dropout",), "ttur": ("ttur",), "all": ("dropout", "ttur")}
    arms = [arm_of(name, on, design="factorial") for name, on in names.items()]
    fids = {
        "baseline": (10.0, 10.1, 9.9, 10.05),
        "dropout": (5.0, 5.1, 4.9, 5.0),
        "ttur": (10.2, 10.0, 10.1, 9.8),
        "all": (9.9, 10.1, 10.0, 10.2),
    }
    lines = drawn(table_of(write_study(tmp_path / "cross", arms, fids, "factorial", planned_looks=LOOKS)))
    assert lines[1][0] == "factor"
    assert [line[0] for line in lines[3:6]] == ["dropout", "ttur", "dropout:ttur"]


def test_effects_that_have_no_number_are_left_out(tmp_path: Path) -> None:
    """Without the arm that has both, main effects are seen together with the interaction, which has no number."""
    arms = [arm_of(name, on, design="factorial") for name, on in (("baseline", ()), ("both", ("dropout", "ttur")))]
    fids = {"baseline": (10.0, 10.1, 9.9, 10.05), "both": (5.0, 5.1, 4.9, 5.0)}
    table = table_of(write_study(tmp_path / "cross", arms, fids, "factorial", planned_looks=LOOKS))
    without = [effect.name for effect in table.effects.effects if effect.shown.mean != effect.shown.mean]
    assert without
    names = [line[0] for line in drawn(table) if line]
    assert not set(without) & set(names)


def test_the_next_look() -> None:
    assert next_look_text(NextLook(2, 8, (), 12, None)) == "next look: 8 seeds of every arm, 12 runs more"
    assert next_look_text(NextLook(2, 8, (), 1, 59.0)) == "next look: 8 seeds of every arm, 1 run more, about 59 s"
    assert (
        next_look_text(NextLook(2, 8, (), 0, None, lacks=3))
        == "next look: 8 seeds of every arm, 3 more than the study file has"
    )
