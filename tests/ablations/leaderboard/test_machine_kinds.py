"""Where runs that are compared ran on several kinds of machine, the leaderboard says which, and what that means."""

import json
from pathlib import Path

import pytest

from ablations.leaderboard import Table, frame_of, json_of, leaderboard_of
from ablations.leaderboard.machine_kinds import ONE_KIND
from ablations.leaderboard.text.notes import notes_of
from ablations.report.compare import side_by_side
from ablations.report.compare_sides import sides_of
from ablations.report.page.page import comparison_page, page_of
from ablations.report.study_report import study_reports
from ablations.results.results import read_results
from tests.ablations.journals import ARMS, write_trial
from tests.ablations.report.studies import one_in

A, B = "NVIDIA A100", "NVIDIA H100"


def table_of(root: Path, **kinds: tuple[str, ...]) -> Table:
    """The table of arms whose runs, seed by seed, ran on these kinds of machine."""
    for arm, own in kinds.items():
        for seed, kind in enumerate(own):
            write_trial(root, ARMS[arm], seed, 20.0 + seed + len(arm), parts=1, ran_on=kind)
    (table,) = leaderboard_of(read_results(root)).tables
    return table


def said(table: Table) -> list[str]:
    return [note for note in notes_of(table) if "kind" in note]


@pytest.mark.parametrize("kind", [A, ""])
def test_one_kind_or_none_known_is_nothing_to_say(kind: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, baseline=(kind,) * 3, dropout=(kind,) * 3)
    assert (table.machines, said(table)) == (ONE_KIND, [])


def test_an_arm_on_another_kind_is_confounded(tmp_path: Path) -> None:
    table = table_of(tmp_path, baseline=(A, A, B), dropout=(B, B, B), ttur=(A, A, B))
    assert table.machines.by_arm == {"baseline": {A: 2, B: 1}, "dropout": {B: 3}, "ttur": {A: 2, B: 1}}
    (pair,) = table.machines.pairs
    assert (pair.arms, pair.unlike, pair.known) == (("dropout", "baseline"), 2, 3)  # seed by seed ttur has the same
    assert said(table) == [
        f"not all on one kind of machine: baseline 2 on {A}, 1 on {B}; dropout 3 on {B}; ttur 2 on {A}, 1 on {B}: bits "
        "and speed differ between kinds, the FID hardly",
        "compared over different kinds: dropout and baseline in 2 of 3 seeds; such a difference may be one of machines "
        "(confounded)",
    ]


def test_runs_of_older_journals_count_nowhere(tmp_path: Path) -> None:
    table = table_of(tmp_path, baseline=("", A, A), dropout=(B, "", B))
    assert table.machines.by_arm == {"baseline": {A: 2}, "dropout": {B: 2}}
    assert [(pair.unlike, pair.known) for pair in table.machines.pairs] == [(1, 1)]


def test_a_run_that_went_on_elsewhere_ran_on_both(tmp_path: Path) -> None:
    write_trial(tmp_path, ARMS["baseline"], 0, 20.0, ran_on=A, ended_on=B)
    (result,) = read_results(tmp_path)
    assert result.summary.ran_on == f"{A}, then {B}"


def test_files_say_it_too(tmp_path: Path) -> None:
    table_of(tmp_path, baseline=(A, A, B), dropout=(B, B, B))
    board = leaderboard_of(read_results(tmp_path))
    frame = frame_of(board).set_index("arm")
    assert frame["ran_on"].to_dict() == {"baseline": f"2 on {A}, 1 on {B}", "dropout": f"3 on {B}"}
    (table,) = json.loads(json_of(board))["content"]["tables"]
    assert table["machines"] == {
        "by_arm": {"baseline": {A: 2, B: 1}, "dropout": {B: 3}},
        "unlike_pairs": [{"arms": ["dropout", "baseline"], "unlike": 2, "known": 3}],
    }


def test_the_page_says_it_at_the_top(tmp_path: Path) -> None:
    root = one_in(tmp_path / "s")
    for journal in (root / "trials").glob("*/events.jsonl"):
        kind = B if journal.parent.name.startswith("dropout") else A
        journal.write_text(journal.read_text().replace('"ran_on":""', f'"ran_on":"{kind}"'))
    page = page_of(study_reports([root]))
    answer, _, rest = page.partition('id="s-1-leaderboard"')
    assert "Compared over different kinds: dropout and baseline in 4 of 4 seeds" in answer
    assert "not all on one kind of machine: baseline 4 on NVIDIA A100" in rest


def test_two_arms_next_to_each_other(tmp_path: Path) -> None:
    root = tmp_path / "tiny"
    table_of(root, dropout=(A, A, B), ttur=(B, B, B))
    sides = side_by_side(*sides_of("dropout", "ttur", None, tmp_path))
    assert [(pair.unlike, pair.known) for pair in sides.machines.pairs] == [(2, 3)]
    assert "Compared over different kinds: dropout and ttur in 2 of 3 seeds" in comparison_page(sides)
