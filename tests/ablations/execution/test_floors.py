"""A study's floors: made once a protocol, for small extractors, read without computing."""

from pathlib import Path

from ablations.execution.floors import FloorWork, make_floors, missing_floors
from ablations.workspace.floors import FILE, read_floors
from gan_core.config import Config, resolve
from tests.ablations.tiny import BASELINE


def configs(**changes: object) -> list[Config]:
    return [resolve({**BASELINE, **changes}), resolve({**BASELINE, "lr_d": 8e-4, **changes})]


def nothing(text: str, share: float | None = None) -> None:
    return


def work(root: Path, home: Path, some: list[Config], *, here: bool = True, requested: bool | None = None) -> FloorWork:
    return FloorWork(some, root, home, "cpu", [], here=here, requested=requested)


def test_one_protocol_of_two_arms_gives_two_floors(tmp_path: Path, home: Path) -> None:
    assert read_floors(tmp_path) == ()
    made = work(tmp_path, home, configs())
    assert len(made.missing) == 1
    made.start(nothing)
    made.finish(nothing)
    assert made.warnings == []
    assert [floor.kind for floor in read_floors(tmp_path)] == ["real", "noise"]
    assert missing_floors(tmp_path, configs(), large=False) == ()


def test_in_a_process_they_are_the_same(tmp_path: Path, home: Path) -> None:
    for name, here in (("here", True), ("there", False)):
        (tmp_path / name).mkdir()
        made = work(tmp_path / name, home, configs(), here=here)
        made.start(nothing)
        made.finish(nothing)
        assert made.warnings == []
    assert (tmp_path / "here" / FILE).read_text() == (tmp_path / "there" / FILE).read_text()


def test_another_protocol_is_added(tmp_path: Path, home: Path) -> None:
    make_floors([configs()[0].plain()], tmp_path, home, "cpu")
    more = missing_floors(tmp_path, configs(full_samples=50), large=False)
    assert len(more) == 1
    make_floors([more[0].plain()], tmp_path, home, "cpu")
    assert [floor.n for floor in read_floors(tmp_path)] == [40, 40, 50, 50]


def test_none_where_none_are_asked_for_or_possible(tmp_path: Path, home: Path) -> None:
    assert work(tmp_path, home, configs(), requested=False).missing == ()
    assert work(tmp_path, home, configs(extractor="none"), requested=True).missing == ()


def test_a_warning_and_no_exception_where_data_are_missing(tmp_path: Path, home: Path) -> None:
    gone = resolve({**BASELINE, "data": "folder", "data_dir": str(tmp_path / "gone")})
    made = work(tmp_path, home, [gone])
    made.start(nothing)
    made.finish(nothing)
    (warning,) = made.warnings
    assert warning.startswith("no floors: data_dir:")
    assert "does not exist" in warning


def test_those_of_a_damaged_file_are_missing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")
    assert read_floors(tmp_path) == ()
