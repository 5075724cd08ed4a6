"""A note says whose runs scatter more than those they are compared with, in the table and next to the effect."""

import math
from pathlib import Path
from statistics import stdev

from ablations.leaderboard import Table
from ablations.leaderboard.source import from_folders
from ablations.leaderboard.text.notes import notes_of
from ablations.report.sections.answer import answer_of
from tests.ablations.report.studies import ONE_IN, arm_of, write_study

CALM, WILD = (10.0, 10.4, 9.7, 10.2, 9.9), (8.0, 10.0, 13.0, 9.0, 16.0)
TIMES = f"{stdev(map(math.log, WILD)) / stdev(map(math.log, CALM)):.1f} times"


def table_of(root: Path) -> Table:
    (table,) = from_folders([root]).leaderboard().tables
    return table


def test_an_arm_that_scatters_more_than_the_baseline(tmp_path: Path) -> None:
    table = table_of(write_study(tmp_path / "s", ONE_IN, {"baseline": CALM, "dropout": WILD, "ttur": CALM[::-1]}))
    (note,) = (note for note in notes_of(table) if "scatter" in note)
    assert note == (
        f"runs of dropout scatter {TIMES} as much as the baseline's: where bad runs are rare, the 5 % may not hold "
        "(docs/statistics.md)"
    )
    said = {sentence.name: sentence.why for sentence in answer_of(table).sentences}
    assert f"runs of dropout scatter {TIMES} as much as the baseline's" in said["dropout"]
    assert "scatter" not in said["ttur"]


def test_a_rung_that_scatters_less_than_the_one_below(tmp_path: Path) -> None:
    arms = [
        arm_of("baseline", design="ladder"),
        arm_of("1+dropout", ["dropout"], previous="baseline", design="ladder"),
        arm_of("2+ttur", ["dropout", "ttur"], previous="1+dropout", design="ladder"),
    ]
    fids = {"baseline": tuple(2 * fid for fid in WILD), "1+dropout": WILD, "2+ttur": CALM}
    notes = [
        note for note in notes_of(table_of(write_study(tmp_path / "s", arms, fids, "ladder"))) if "scatter" in note
    ]
    assert len(notes) == 1
    assert notes[0].startswith(f"runs of 1+dropout scatter {TIMES} as much as those of 2+ttur: ")
