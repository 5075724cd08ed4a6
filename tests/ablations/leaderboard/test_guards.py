"""Guards in a leaderboard: an arm that helps the FID and hurts a guard is said to do both, everywhere it is said."""

import io
import json
import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from ablations.leaderboard import Leaderboard, Table, frame_of, json_of, leaderboard_of
from ablations.leaderboard.context import Context
from ablations.leaderboard.text.cells import drawn
from ablations.leaderboard.text.effects import drawn_effects
from ablations.report.page.page import _environment
from ablations.report.sections.answer import answer_of
from ablations.results.results import Result
from ablations.statistics import Looks
from ablations.study.record import ArmRecord, StudyRecord
from ablations.terminal.leaderboard import leaderboard_table
from tests.ablations.leaderboard.claims.made_results import result

SEEDS = 8
FLAT = (("baseline", 0.0), ("a", 0.01))
PLANTED = {  # arm: ratio of FIDs, loss of recall
    "baseline": (1.0, 0.0),
    "costly": (0.5, 0.2),
    "clean": (0.5, 0.0),
    "idle": (1.0, 0.2),
    "noisy": (0.5, 0.05),
}


def study(arms: Sequence[str], design: str = "one-in", **facts: object) -> StudyRecord:
    records = tuple(ArmRecord(name=name, factors={}, fingerprint="f", config={}) for name in arms)
    plain = {"papers": (), "baseline": {}, "factors": {}, "question": "q", "seeds": tuple(range(SEEDS))}
    record = {"name": "made", "design": design, "arms": records, **plain, **facts}
    return StudyRecord(planned_looks=Looks.declared([SEEDS]), **record)  # type: ignore[arg-type]


def runs(planted: Mapping[str, tuple[float, float]]) -> list[Result]:
    rng = np.random.default_rng(0)
    made = []
    for arm, (ratio, loss) in planted.items():
        for seed in range(SEEDS):
            fid = 20 * ratio * math.exp(0.05 * rng.standard_normal())
            made.append(result(arm, seed, fid, recall=0.5 - loss + 0.01 * rng.standard_normal()))
    return made


def board(guard: Mapping[str, float], results: Sequence[Result]) -> Leaderboard:
    record = study(list(dict.fromkeys(one.arm for one in results)), guard=dict(guard))
    return leaderboard_of(results, contexts={"made": Context(study=record)})


@pytest.fixture(scope="module")
def guarded() -> Leaderboard:
    return board({"recall": 0.05}, runs(PLANTED))


def table_of(found: Leaderboard) -> Table:
    (table,) = found.tables
    return table


def test_both_are_said(guarded: Leaderboard) -> None:
    table = table_of(guarded)
    findings = {arm: table.guards.of(arm)[0].finding for arm in PLANTED if arm != "baseline"}
    assert findings == {
        "costly": "hurts",
        "clean": "within the margin",
        "idle": "hurts",
        "noisy": "can't tell",
    }
    verdicts = {row[1]: row[6].partition(" (look")[0] for row in drawn(table).rows}
    assert verdicts["costly"] == "helps, at the cost of recall"
    assert verdicts["clean"] == "helps"
    assert verdicts["idle"].endswith("; hurts recall")
    (note,) = [note for note in drawn(table).notes if note.startswith("guard recall")]
    assert note.startswith("guard recall, a loss of 0.05 accepted: hurt by: costly -0.1")
    assert "within the margin: clean" in note
    assert "can't tell: noisy" in note


def test_the_answer_in_words(guarded: Leaderboard) -> None:
    answer = answer_of(table_of(guarded))
    assert "costly (at the cost of recall)" in answer.headline
    sentence = next(one for one in answer.sentences if one.name == "costly")
    assert (sentence.finding, sentence.verdict) == ("helps", "helps, at the cost of recall")
    assert "guard recall -0.1" in sentence.why
    assert "loses more than 0.05" in sentence.why


def test_a_metric_that_is_the_same_in_every_run_has_no_interval_and_it_is_said_why() -> None:
    results = [result(arm, seed, 20 + 0.1 * seed + shift, recall=0.0) for arm, shift in FLAT for seed in range(SEEDS)]
    (found,) = table_of(board({"recall": 0.05}, results)).guards.of("a")
    assert (found.finding, math.isnan(found.shown.low)) == ("within the margin", True)
    assert "show no spread, so sign flips decide" in found.reason
    difference = lines_of(board({"recall": 0.05}, results))["a"]["guard_recall_difference"]
    assert math.copysign(1, difference) == 1  # no -0


def test_on_the_page(guarded: Leaderboard) -> None:
    macro = '{% import "parts.html.j2" as parts %}{{ parts.finding(sentence) }}'
    template = _environment().from_string(macro)
    said = {one.name: template.render(sentence=one) for one in answer_of(table_of(guarded)).sentences}
    assert "<b>at the cost of recall</b>" in said["costly"]
    assert "<b>and hurts recall</b>" in said["idle"]
    assert "cost" not in said["clean"]


def test_on_the_terminal(guarded: Leaderboard) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(leaderboard_table(table_of(guarded)))
    shown = console.export_text()
    assert "helps, at the cost of recall" in shown
    assert "guard recall, a loss of 0.05 accepted: hurt by: costly" in shown


def lines_of(found: Leaderboard, kind: str = "arm") -> dict[str, dict[str, Any]]:
    """The lines of the JSON by name."""
    return {
        line["arm"]: line
        for line in json.loads(json_of(found))["content"]["tables"][0]["lines"]
        if line["kind"] == kind
    }


def test_files(guarded: Leaderboard) -> None:
    lines = lines_of(guarded)
    assert lines["costly"]["verdict"] == "helps"  # a word that programs read stays what it was
    assert lines["costly"]["guard_recall"] == lines["idle"]["guard_recall"] == "hurts"
    assert lines["costly"]["guard_recall_margin"] == 0.05
    assert lines["costly"]["guard_recall_ci_high"] < -0.05 < lines["clean"]["guard_recall_ci_low"]
    means = [lines[arm]["recall_mean"] for arm in ("costly", "baseline")]
    assert lines["costly"]["guard_recall_difference"] == pytest.approx(means[0] - means[1])
    assert json.loads(json_of(guarded))["content"]["tables"][0]["guard"] == {"recall": 0.05}
    assert [name for name in frame_of(guarded) if str(name).startswith("guard_")] == [
        "guard_recall",
        "guard_recall_margin",
        "guard_recall_difference",
        "guard_recall_ci_low",
        "guard_recall_ci_high",
    ]


def test_without_guards_nothing_is_added() -> None:
    found = board({}, runs(PLANTED))
    assert not [name for name in frame_of(found) if str(name).startswith("guard")]
    assert not [note for note in drawn(table_of(found)).notes if note.startswith("guard")]


def test_guards_share_the_error_of_all_questions(guarded: Leaderboard) -> None:
    without = table_of(board({}, runs(PLANTED)))
    assert (without.looks.tested, table_of(guarded).looks.tested) == (4, 8)
    levels = [{e.name: e.level for e in table.effects.effects} for table in (without, table_of(guarded))]
    assert all(levels[1][name] > levels[0][name] for name in levels[0])


def test_a_metric_of_which_less_is_better() -> None:
    made = [result("baseline", s, 20 + s, kid=0.02 + s * 1e-4) for s in range(SEEDS)]
    made += [result("a", s, 20 + s, kid=0.05 + s * 2e-4) for s in range(SEEDS)]
    made += [result("b", s, 20 + s, kid=0.001 + s * 2e-4) for s in range(SEEDS)]
    table = table_of(board({"kid": 0.01}, made))
    assert [table.guards.of(arm)[0].finding for arm in "ab"] == ["hurts", "within the margin"]
    assert table.guards.of("a")[0].shown.mean == pytest.approx(0.03 + 3.5e-4)


def test_scores_of_survivors_clear_nobody() -> None:
    made = [result("baseline", s, 20 + s, recall=0.5 + 0.001 * s) for s in range(SEEDS)]
    made += [result("a", s, 20 + s if s < 5 else None, recall=0.5 + 0.002 * s) for s in range(SEEDS)]
    (said,) = table_of(board({"recall": 0.05}, made)).guards.of("a")
    assert (said.finding, said.reason) == ("can't tell", "one side diverges in 3 of 8 runs more")


def test_one_run_under_two_names_has_no_question() -> None:
    made = [
        result(arm, s, 20 + s, recall=0.5 + 0.01 * s, outcome=f"run {s}")
        for arm in ("baseline", "a")
        for s in range(SEEDS)
    ]
    table = table_of(board({"recall": 0.05}, made))
    assert table.guards.of("a")[0].finding == "same run"
    assert table.looks.tested == 1  # nothing to test


def test_before_the_first_look_nothing_is_said() -> None:
    some = [one for one in runs(PLANTED) if one.seed < 3]
    said = table_of(board({"recall": 0.05}, some)).guards.of("costly")[0]
    assert (said.finding, said.reason) == ("can't tell", "the first look is at 8 seeds of every arm")
    assert math.isnan(said.shown.low)


def test_main_effects_of_a_factorial_design() -> None:
    rng = np.random.default_rng(1)
    made, recall = [], {}
    for a, b in product((0, 1), repeat=2):
        name = "+".join(n for n, on in (("a", a), ("b", b)) if on) or "baseline"
        for seed in range(SEEDS):
            recall[a, b, seed] = 0.6 - 0.2 * a + 0.01 * rng.standard_normal()
            fid = 20 * 0.5**a * math.exp(0.05 * rng.standard_normal())
            made.append(result(name, seed, fid, on=name.split("+"), factors=("a", "b"), recall=recall[a, b, seed]))
    record = study(["baseline", "a", "b", "a+b"], "factorial", guard={"recall": 0.05}, factors={"a": {}, "b": {}})
    table = table_of(leaderboard_of(made, contexts={"made": Context(study=record)}))
    assert {name: table.guards.of(name)[0].finding for name in "ab"} == {"a": "hurts", "b": "within the margin"}
    by_hand = np.mean([recall[1, b, s] - recall[0, b, s] for b in (0, 1) for s in range(SEEDS)])
    assert table.guards.of("a")[0].shown.mean == pytest.approx(by_hand)
    assert not table.guards.of("a:b")
    words = drawn_effects(table)
    assert words is not None
    assert {row[0]: row[2] for row in words.rows}["a"].startswith("helps, at the cost of recall")
    effects = lines_of(leaderboard_of(made, contexts={"made": Context(study=record)}), "effect")
    assert effects["a"]["guard_recall"] == "hurts"
