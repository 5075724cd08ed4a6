"""The answers to claims as they are shown: on the terminal, in Markdown, in JSON, read from a study's folder alone."""

import json
import math
from pathlib import Path

import pytest
from scipy import stats

from ablations.leaderboard import Leaderboard, csv_of, json_of
from ablations.leaderboard.source import from_folders
from ablations.leaderboard.text.markdown import markdown_of
from ablations.statistics import Rule
from ablations.study.claims.records import Claim, OfArms
from ablations.terminal.leaderboard import show_leaderboard
from tests.ablations.journals import make_arm, write_study_json, write_trial

TTUR = OfArms(left="ttur", right="baseline")
CLAIMS = (
    Claim(name="helps", statement="It helps.", source="s", comparison="ttur < baseline", relation="<", test=TTUR),
    Claim(
        name="more", statement="IS too.", source="s", comparison="ttur > baseline", metric="is", relation=">",
        test=TTUR, late=True,
    ),
    Claim(
        name="safe", statement="It never diverges.", source="s", comparison="ttur < baseline", metric="diverged",
        relation="<", test=TTUR,
    ),
    Claim(name="words", statement="It looks nice.", source="s", not_tested="it is about looks"),
)  # fmt: skip


@pytest.fixture
def board(tmp_path: Path) -> Leaderboard:
    """FIDs of 100 and of half as much, 5 % this way and that; the IS of `journals.scores` is a tenth of FID."""
    root = tmp_path / "tiny"
    for seed in range(6):
        write_trial(root, make_arm("baseline"), seed, 100.0)
        write_trial(root, make_arm("ttur", ("ttur",)), seed, 50.0 * (1 + 0.05 * (-1) ** seed))
    write_study_json(root, seeds=tuple(range(6)), claims=CLAIMS, rule=Rule(margin=0.2, confidence=0.9))
    return from_folders([root]).leaderboard()


def test_the_terminal(board: Leaderboard, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.terminal.console.out.width", 150)
    show_leaderboard(board)
    text = " ".join(capsys.readouterr().out.split())
    assert "tiny: claims" in text
    assert "judged together with the study's other questions, 3 in all, error at most 10 %" in text
    assert "a difference below 20 % is none" in text
    assert "± 90 % interval" in text


def test_markdown(board: Leaderboard) -> None:
    lines = [
        line for line in markdown_of(board).splitlines() if line.startswith(("| helps", "| more", "| safe", "| wo"))
    ]
    # 0.5 sqrt(1.05 0.95) = 0.4994; s of the logarithms 0.0548, over sqrt(6), times t(5) of alpha: 0.1, of which the
    # first look of six seeds has 2/8, over three questions less half a part for the other difference that is shown
    half = stats.t.ppf(1 - 0.1 * 2 / 8 / 2.5 / 2, 5) * 0.0548 / math.sqrt(6)
    low, high = (100 * (0.4994 * math.exp(side * half) - 1) for side in (-1, 1))
    seen = f"-50 % [{low:.0f}, {high:.0f}]"
    assert lines[0].startswith(f"| helps | It helps. | ttur < baseline | {seen} | supported | adjusted p = ")
    assert lines[1].startswith(f"| more | IS too. | ttur > baseline (is) | {seen} | refuted | adjusted p = ")
    assert lines[1].endswith("; claimed when there were results already |")
    assert lines[2] == (
        "| safe | It never diverges. | ttur < baseline (diverged) | 0 against 0 of 6 | can't tell "
        "| in 0 seeds just one of the two went wrong: too few |"
    )
    assert lines[3] == "| words | It looks nice. |  |  | not tested | it is about looks |"


def test_json(board: Leaderboard) -> None:
    (table,) = json.loads(json_of(board))["content"]["tables"]
    assert table["rule"]["margin"] == 0.2
    helps, more, safe, words = table["claims"]
    assert (helps["name"], helps["outcome"], helps["comparison"]) == ("helps", "supported", "ttur < baseline")
    assert helps["test"] == {"kind": "arms", "left": "ttur", "right": "baseline"}
    assert helps["seen"]["by_seed"]["0"] == pytest.approx(0.525)
    assert (more["late"], more["lower_is_better"]) == (True, False)
    assert safe["counts"] == {"left": 0, "right": 0, "seeds": 6}
    assert (words["p_adjusted"], words["seen"], words["not_tested"]) == (None, None, "it is about looks")


def test_the_csv_has_arms_alone(board: Leaderboard) -> None:
    assert len(csv_of(board).splitlines()) == 3
