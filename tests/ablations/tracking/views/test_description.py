"""Descriptions: what does not fit into a tag is cut, and said to be missing."""

import re
from pathlib import Path

from ablations.leaderboard import Leaderboard
from ablations.leaderboard.source import from_folders
from ablations.tracking.views.description import (
    EXPERIMENT_LIMIT,
    MOST_ROWS,
    RUN_LIMIT,
    Ranking,
    execution_text,
    experiment_text,
    rankings_of,
    standing_tags,
)
from ablations.tracking.views.tracked import Tracked
from ablations.workspace.workspace import Workspace
from tests.ablations.journals import make_arm, write_study_json, write_trial
from tests.ablations.report.studies import looked_at, one_in

TRACKED = Tracked("7", "parent", ("a", "b"))


def made(arms: int, words: int = 3) -> list[Ranking]:
    lines = tuple(f"| {n} | arm {n} {'x' * words} |" for n in range(arms))
    return [Ranking("So it is.", (), ("| # | arm |", "|---|---|", *lines), ("a note",))]


def record(tmp_path: Path) -> Workspace:
    root = tmp_path / "tiny"
    for arm, fid in (("baseline", 20.0), ("dropout", 10.0)):
        write_trial(root, make_arm(arm, ("dropout",) * (arm == "dropout")), 0, fid)
    write_study_json(root)
    return Workspace(root)


def test_the_words_are_the_reports_and_the_table_the_leaderboards(tmp_path: Path) -> None:
    study = record(tmp_path)
    source = from_folders([study.root])
    (ranking,) = rankings_of(study.record(), source.leaderboard())
    assert ranking.headline == "These runs can't tell whether the arm dropout makes a difference."
    assert [line.split(" | ")[1] for line in ranking.lines[2:]] == ["dropout", "baseline"]


def test_what_fits_is_there_whole(tmp_path: Path) -> None:
    text = execution_text(record(tmp_path).record(), made(20), TRACKED, "/a/b/ablations/__main__.py run tiny.yaml")
    assert all(f"| {n} | arm {n} xxx |" in text.splitlines() for n in range(20))
    assert "more line" not in text
    assert "a note" in text
    assert "`python -m ablations run tiny.yaml`" in text


def test_what_does_not_fit_is_counted(tmp_path: Path) -> None:
    study = record(tmp_path).record()
    text = execution_text(study, made(500, words=30), TRACKED, "run")
    assert len(text) <= RUN_LIMIT
    rows = [line for line in text.splitlines() if line.startswith("| ") and "arm" in line[5:]]
    (said,) = [line for line in text.splitlines() if line.startswith("...")]
    shown = sum(f"| {n} | arm {n} {'x' * 30} |" in rows for n in range(500))
    assert 100 < shown < 300
    assert said == f"... {500 - shown + 1} more lines; the report has all"  # with the note
    assert "[the report]: #/experiments/7/runs/parent/artifacts/report.html" in text


def test_the_experiment_shows_the_best_arms(tmp_path: Path) -> None:
    study = record(tmp_path).record()
    text = experiment_text(study, made(30), TRACKED)
    assert len(text) <= EXPERIMENT_LIMIT
    assert f"| {MOST_ROWS - 1} | arm" in text
    assert f"| {MOST_ROWS} | arm" not in text
    assert f"... {30 - MOST_ROWS} more" in text


def test_what_people_wrote_stays_text(tmp_path: Path) -> None:
    """A question with Markdown, HTML and lines of its own; a command with backticks; both longer than they may be."""
    asked = "Is *a* < b,\n<img src=x onerror=alert(1)> or | c?" + " more" * 1000
    study = record(tmp_path).record().model_copy(update={"question": asked})
    text = execution_text(study, made(2), TRACKED, "run '`x`'" + " --set a=1" * 1000)
    (question,) = [line for line in text.splitlines() if line.startswith("**")]
    assert question.startswith("**Is \\*a\\* < b, &lt;img src=x onerror=alert(1)> or \\| c? more")
    assert question.endswith(" ...**")
    assert "Begun by `` run '`x`' --set" in text
    assert len(text) <= RUN_LIMIT
    assert len(experiment_text(study, made(2), TRACKED)) <= EXPERIMENT_LIMIT


def test_without_a_score_or_a_table_it_still_says_where_to_look(tmp_path: Path) -> None:
    text = experiment_text(record(tmp_path).record(), [], Tracked("7", "", ()))
    assert "[every run]: #/experiments/7/runs?" in text
    assert "report.html" not in text


def test_one_run_under_two_names_is_said_to_be_so(tmp_path: Path) -> None:
    root = tmp_path / "tiny"
    for arm in ("baseline", "dropout"):
        write_trial(root, make_arm(arm, ("dropout",) * (arm == "dropout")), 0, 20.0)
    write_study_json(root)
    source = from_folders([root])
    study = Workspace(root).record()
    text = execution_text(study, rankings_of(study, source.leaderboard()), TRACKED, "run tiny.yaml")
    assert "- **dropout** same run: one run under two names" in text
    assert "same run: baseline, dropout are bit-identical in every seed" in text
    assert "no difference" not in text


def test_it_is_said_how_far_the_looks_are_and_how_each_effect_stands(tmp_path: Path) -> None:
    root = looked_at(tmp_path / "s")
    leaderboard = from_folders([root]).leaderboard()
    rankings = rankings_of(Workspace(root).record(), leaderboard)
    (ranking,) = rankings
    assert ranking.looks == (
        "looks at 3, 4, 5, 6 seeds, 2 taken: error at most 5 % over all looks and 2 questions, at whatever look one "
        "stops",
    )
    text = execution_text(Workspace(root).record(), rankings, TRACKED, "run s.yaml")
    assert ranking.looks[0] in text
    assert re.search(r"- \*\*dropout\*\* helps: FID 50 % lower .*; look 1, 3 seeds; ", text)
    assert re.search(r"- \*\*ttur\*\* can't tell: .*; look 2, 4 seeds; stopped: hopeless by 6 seeds; ", text)
    assert ranking.looks[0] in experiment_text(Workspace(root).record(), rankings, TRACKED)
    assert standing_tags(leaderboard) == {"looks_taken": "2", "next_look_seeds": "none"}


def test_the_tag_of_the_next_look(tmp_path: Path) -> None:
    leaderboard = from_folders([one_in(tmp_path / "s")]).leaderboard()  # of four seeds
    assert standing_tags(leaderboard) == {"looks_taken": "1", "next_look_seeds": "5"}
    assert standing_tags(Leaderboard(())) == {}
