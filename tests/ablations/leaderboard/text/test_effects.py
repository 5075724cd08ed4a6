"""The effects of a design in Markdown: with verdict, interval and aliases, and only where the arms don't say it all."""

from pathlib import Path

from ablations.leaderboard.source import from_folders
from ablations.leaderboard.text.effects import drawn_effects
from ablations.leaderboard.text.markdown import markdown_of
from tests.ablations.report.studies import ONE_IN, arm_of, write_study

NOISE = (1.0, 1.01, 0.99, 1.005)
FIDS = {"baseline": 20.0, "dropout": 10.0, "ttur": 20.1, "all": 10.1}


def test_a_factorial(tmp_path: Path) -> None:
    names = {"baseline": (), "dropout": ("dropout",), "ttur": ("ttur",), "all": ("dropout", "ttur")}
    arms = [arm_of(name, on, design="factorial") for name, on in names.items()]
    fids = {name: [fid * NOISE[(i + j) % 4] for j in range(4)] for i, (name, fid) in enumerate(FIDS.items())}
    board = from_folders([write_study(tmp_path / "s", arms, fids, "factorial")]).leaderboard()
    words = drawn_effects(board.tables[0])
    assert words is not None
    assert words.headings == ("factor", "FID", "verdict")  # nothing is mixed up
    rows = {row[0]: row for row in words.rows}
    assert list(rows) == ["dropout", "ttur", "dropout:ttur"]
    assert rows["dropout"][1].startswith("-50 % [")
    assert (rows["dropout"][2], rows["ttur"][2]) == ("helps", "no difference larger than 10 %")
    text = markdown_of(board)
    assert "### s: each factor, averaged over the others" in text
    assert f"| {' | '.join(rows['dropout'])} |" in text
    assert "degrees of freedom left" in text


def test_where_the_arms_say_it_all(tmp_path: Path) -> None:
    fids = {arm.name: (20.0, 21.0, 19.0) for arm in ONE_IN}
    board = from_folders([write_study(tmp_path / "s", ONE_IN, fids)]).leaderboard()
    assert drawn_effects(board.tables[0]) is None
    assert "###" not in markdown_of(board)
