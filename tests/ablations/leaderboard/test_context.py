"""What stands on a leaderboard and is no arm: floors, and scores of what was not trained here."""

import json
from pathlib import Path

import pytest

from ablations.leaderboard import Table, frame_of
from ablations.leaderboard.context import Context, read_context
from ablations.leaderboard.source import from_folders
from ablations.leaderboard.text.cells import drawn
from ablations.leaderboard.text.markdown import markdown_of
from tests.ablations.journals import make_arm, write_entries, write_trial


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """FIDs 10 and 20; pictures from elsewhere of 15, others of another protocol; floors of 1 and 300."""
    root = tmp_path / "tiny"
    write_trial(root, make_arm("baseline"), 0, 20.0)
    write_trial(root, make_arm("dropout", ("dropout",)), 0, 10.0)
    write_entries(root)
    return root


def table_of(root: Path) -> Table:
    (table,) = from_folders([root]).leaderboard().tables
    return table


def test_what_was_scored_elsewhere_is_ranked_under_its_own_protocol_only(root: Path) -> None:
    table = table_of(root)
    lines = [(line.rank, line.arm if hasattr(line, "arm") else line.name) for line in table.lines()]
    assert lines == [(1, "dropout"), (2, "theirs"), (3, "baseline")]


def test_floors_are_beside_and_never_ranked(root: Path) -> None:
    table = table_of(root)
    assert [(floor.name, floor.fid, floor.rank) for floor in table.floors] == [
        ("real images", 1.0, None),
        ("uniform noise", 300.0, None),
    ]
    assert [floor.same_protocol for floor in table.floors] == [False, True]


def test_stores_keep_it_under_the_names_they_have_always_had(root: Path) -> None:
    """What is in people's stores is read by this version, and what this one writes by earlier ones."""
    context = read_context(root)
    kept = json.loads(context.model_dump_json())
    assert list(kept) == ["schema_version", "study", "floors", "foreign", "taken"]
    assert [score["name"] for score in kept["foreign"]] == ["incomparable", "theirs"]
    assert Context.model_validate_json(json.dumps(kept)) == context
    assert context.external


def test_files_say_what_kind_a_line_is(root: Path) -> None:
    board = from_folders([root]).leaderboard()
    frame = frame_of(board).set_index("arm")
    assert frame["kind"].to_dict() == {
        "dropout": "arm",
        "theirs": "elsewhere",
        "baseline": "arm",
        "real images": "floor",
        "uniform noise": "floor",
    }
    assert frame["fid_mean"].tolist() == [10.0, 15.0, 20.0, 1.0, 300.0]
    assert frame.loc["theirs", "what"] == "a folder of pictures"
    assert frame["verdict"].isna().tolist() == [False, True, False, True, True]


def test_they_are_marked_on_the_screen(root: Path) -> None:
    words = drawn(table_of(root))
    assert [row[1] for row in words.rows] == ["dropout", "theirs *", "baseline"]
    assert [floor[1] for floor in words.floors] == ["real images (fid1k_tiny-1a2b3c4d)", "uniform noise"]
    assert "* theirs: not trained here, one measurement (a folder of pictures)" in words.notes
    page = markdown_of(from_folders([root]).leaderboard())
    assert "| 2 | theirs \\* |" in page
    assert json.dumps(page)
