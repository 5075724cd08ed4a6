"""Below a leaderboard stands what the study's design is made to show, by whichever way its results came."""

from dataclasses import replace
from pathlib import Path

import pytest

from ablations.leaderboard.context import Context, read_context
from ablations.leaderboard.source import ResultSource, from_folders
from ablations.terminal.leaderboard import show_effects
from tests.ablations.report.studies import arm_of, one_in, write_study


def shown(source: ResultSource, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    show_effects(source.leaderboard())
    return " ".join(capsys.readouterr().out.split())


def test_a_ladders_rungs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Against the baseline both rungs are good; against the rung below the second one is bad."""
    arms = [
        arm_of("baseline", design="ladder"),
        arm_of("1+dropout", ["dropout"], design="ladder", previous="baseline"),
        arm_of("2+ttur", ["dropout", "ttur"], design="ladder", previous="1+dropout"),
    ]
    fids = {
        "baseline": (20.0, 20.2, 19.8, 20.1, 20.0),
        "1+dropout": (5.0, 5.0, 5.1, 5.0, 4.9),
        "2+ttur": (10.0, 10.1, 10.1, 10.0, 9.9),
    }
    source = from_folders([write_study(tmp_path / "climb", arms, fids, "ladder")])
    (table,) = source.leaderboard().tables
    assert {row.arm: row.verdict for row in table.rows} == {
        "baseline": "baseline",
        "1+dropout": "helps",
        "2+ttur": "see effects",
    }
    text = shown(source, capsys)
    assert "climb: each rung of the ladder against the one below it" in text
    assert "dropout helps FID 75 % lower" in text
    assert "ttur hurts FID 10" in text  # 101 % higher
    kept = Context.model_validate_json(read_context(tmp_path / "climb").model_dump_json())
    assert shown(replace(source, contexts={"climb": kept}), capsys) == text  # as from a tracking store


def test_a_factorials_effects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """dropout halves, ttur does nothing, together they lose what dropout gave."""
    names = {"baseline": (), "dropout": ("dropout",), "ttur": ("ttur",), "all": ("dropout", "ttur")}
    arms = [arm_of(name, on, design="factorial") for name, on in names.items()]
    noise = {  # of its own for each arm: a model that fits to the last digit gives no verdict
        "baseline": (1.0, 1.01, 0.99, 1.005),
        "dropout": (1.01, 1.0, 1.005, 0.99),
        "ttur": (0.99, 1.005, 1.0, 1.01),
        "all": (1.005, 0.99, 1.01, 1.0),
    }
    fids = {
        name: [fid * each for each in noise[name]]
        for name, fid in {"baseline": 20.0, "dropout": 10.0, "ttur": 20.1, "all": 20.0}.items()
    }
    text = shown(from_folders([write_study(tmp_path / "cross", arms, fids, "factorial")]), capsys)
    assert "cross: each factor, averaged over the others" in text
    assert "dropout:ttur hurts together, beyond what each adds: FID 99 % higher" in text
    assert "dropout helps FID 29 % lower" in text  # sqrt(10 * 20 / (20 * 20.1)) = 0.705


def test_where_the_leaderboard_says_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(from_folders([one_in(tmp_path / "study")]), capsys) == ""
