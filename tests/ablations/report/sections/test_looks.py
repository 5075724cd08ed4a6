"""The looks of a study in the report: numbers of the figure, the list of looks, and what each sentence says of them."""

from pathlib import Path

import pytest

from ablations.execution.look_record import record_looks
from ablations.leaderboard.source import from_folders
from ablations.report.page.page import page_of
from ablations.report.sections.looks import MOST_EFFECTS, look_lines, looks_course
from ablations.report.study_report import TableReport, study_reports
from ablations.statistics import Looks
from tests.ablations.report.studies import ONE_IN, arm_of, looked_at, one_in, write_study


def report_of(root: Path) -> TableReport:
    record_looks(from_folders([root]).leaderboard(), root)
    (report,) = study_reports([root])
    return report.tables[0]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> TableReport:
    return report_of(looked_at(tmp_path_factory.mktemp("looks") / "s"))


def test_each_effect_at_each_look_that_it_took_part_in(table: TableReport) -> None:
    course = table.looks
    assert course is not None
    assert (course.counts, course.of) == ((3, 4), 2)
    dropout, ttur = course.effects
    assert (dropout.name, ttur.name) == ("dropout", "ttur")
    assert [(point.seeds, point.state) for point in dropout.points] == [(3, "helps")]
    assert [(point.seeds, point.state) for point in ttur.points] == [(3, "can't tell"), (4, "hopeless")]
    (decided,) = dropout.points
    assert decided.shown.mean == pytest.approx((5.0 * 6.05 * 5.45 / (10.0 * 12.0 * 11.0)) ** (1 / 3))
    early, late = (point.shown for point in ttur.points)
    assert late.high / late.low < early.high / early.low
    assert late.low == table.effects.effects[1].shown.low
    assert late.high == table.effects.effects[1].shown.high


def test_what_was_decided_at_which_look_and_who_stopped(table: TableReport) -> None:
    first, second = table.looks_taken
    assert (first.look, first.seeds, first.decided, first.hopeless) == (1, 3, ("dropout: helps",), ())
    assert first.stopped == ("dropout",)
    assert (second.decided, second.hopeless, second.stopped) == ((), ("ttur",), ("baseline", "ttur"))
    assert first.time is not None
    assert [line.time for line in look_lines(table.table, ())] == [None, None]


def test_sentences_say_the_look_and_who_is_hopeless(table: TableReport) -> None:
    dropout, ttur = table.answer.sentences
    assert dropout.why.startswith("look 1, 3 seeds; adjusted p")
    assert ttur.why.startswith("look 2, 4 seeds; stopped: hopeless by 6 seeds; ")


def test_what_is_undecided_has_its_chance(tmp_path: Path) -> None:
    fids = {"baseline": (10.0, 12.0, 11.0), "dropout": (5.0, 6.05, 5.45), "ttur": (8.9, 9.6, 10.45)}
    looks = Looks(counts=(3, 4, 5, 6), shares=(0.2, 0.2, 0.2, 0.4), stop="decided")
    table = report_of(write_study(tmp_path / "s", ONE_IN, fids, planned_looks=looks))
    chance = table.effects.effects[1].judged.chance
    assert chance is not None
    assert table.answer.sentences[1].why.startswith(
        f"look 1, 3 seeds; undecided, {100 * chance:.0f} % chance of a verdict by 6 seeds; "
    )
    assert table.looks is None  # one look is no course
    assert len(table.looks_taken) == 1


def test_where_there_is_one_look_nothing_is_said_of_it(tmp_path: Path) -> None:
    table = report_of(one_in(tmp_path / "s"))
    assert table.looks is None
    assert table.looks_taken == ()
    assert not any("look" in sentence.why for sentence in table.answer.sentences)


def test_one_run_under_two_names_is_not_drawn(tmp_path: Path) -> None:
    same = (10.0, 12.0, 11.0, 13.0)
    fids = {"baseline": same, "dropout": same, "ttur": (9.0, 12.5, 10.5, 14.0)}
    looks = Looks(counts=(3, 4), shares=(0.5, 0.5))
    course = report_of(write_study(tmp_path / "s", ONE_IN, fids, planned_looks=looks)).looks
    assert course is not None
    assert [effect.name for effect in course.effects] == ["ttur"]


def test_of_many_effects_some_are_drawn(tmp_path: Path) -> None:
    names = [f"arm{n}" for n in range(MOST_EFFECTS + 2)]
    arms = [arm_of("baseline"), *(arm_of(name, ["ttur"]) for name in names)]
    fids = {"baseline": (10.0, 12.0, 11.0, 13.0)} | {name: (n + 9.0, 12.5, 10.5, 14.0) for n, name in enumerate(names)}
    root = write_study(tmp_path / "s", arms, fids, planned_looks=Looks(counts=(3, 4), shares=(0.5, 0.5)))
    (table,) = from_folders([root]).leaderboard().tables
    course = looks_course(table)
    assert course is not None
    assert (len(course.effects), course.of) == (MOST_EFFECTS, MOST_EFFECTS + 2)


def test_the_page_lists_the_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.report.page.page.written", lambda *_: b"")
    root = looked_at(tmp_path / "s")
    record_looks(from_folders([root]).leaderboard(), root)
    page = page_of(study_reports([root]))
    for words in (
        "<h3>Looks</h3>",
        "dropout: helps",
        "hopeless by 6 seeds",
        'href="#s-1-looks"',
        "at most 5\N{NO-BREAK SPACE}%",
    ):
        assert words in page
    assert "Holm" not in page
