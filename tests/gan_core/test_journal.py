"""The journal: torn lines, repeated numbers, order of writing and showing."""

import json
import math
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Finished, Saved, Score, Ticked


def tick(seq: int, loss: float = 1.0) -> Ticked:
    return Ticked(
        seq=seq, time=1.0, step=seq, images=seq * 8, wall_s=0.5, means={"loss_d": loss}, dose={}, images_per_s=3.0
    )


def test_round_trip_not_a_number_included(tmp_path: Path) -> None:
    events = [tick(0), tick(1, float("nan")), tick(2, float("inf"))]
    for event in events:
        journal.append(tmp_path, event)
    assert [e.model_dump_json() for e in journal.read(tmp_path)] == [e.model_dump_json() for e in events]


def test_no_journal_is_no_events(tmp_path: Path) -> None:
    assert journal.read(tmp_path) == []


def test_a_torn_last_line_is_skipped_and_written_past(tmp_path: Path) -> None:
    journal.append(tmp_path, tick(0))
    with open(tmp_path / journal.NAME, "ab") as file:
        file.write(b'{"seq":1,"time":1.0,"st')
    assert [e.seq for e in journal.read(tmp_path)] == [0]
    journal.append(tmp_path, tick(1))
    assert [e.seq for e in journal.read(tmp_path)] == [0, 1]


def test_after_a_resumption_later_events_take_the_place_of_earlier_ones(tmp_path: Path) -> None:
    for event in (tick(0), tick(1, 5.0), tick(2, 5.0), tick(1, 7.0)):
        journal.append(tmp_path, event)
    assert [(e.seq, e.means["loss_d"]) for e in journal.read(tmp_path)] == [(0, 1.0), (1, 7.0)]


@given(lines=st.lists(st.integers(0, 6) | st.none(), max_size=12))
def test_from_either_end_it_is_the_same_journal(lines: list[int | None]) -> None:
    """Numbers in any order, as interruptions leave them, and torn lines among them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = ['{"seq":0,"ti' if n is None else tick(n, float(at)).model_dump_json() for at, n in enumerate(lines)]
        (folder / journal.NAME).write_text("".join(text + "\n" for text in texts))
        events = journal.read(folder)
        assert list(journal.backwards(folder)) == events[::-1]
        assert journal.first(folder) == (events[0] if events else None)


def test_an_event_is_on_disk_before_it_is_seen_and_closing_closes_the_source(tmp_path: Path) -> None:
    closed = []

    def source() -> Generator[AnyEvent, None, None]:
        try:
            for seq in range(5):
                yield tick(seq)
        finally:
            closed.append(True)

    events = journal.recorded(source(), tmp_path)
    for count in (1, 2):
        next(events)
        assert len(journal.read(tmp_path)) == count
    events.close()
    assert closed == [True]
    assert len(journal.read(tmp_path)) == 2


def test_kinds_are_told_apart(tmp_path: Path) -> None:
    base = {"seq": 0, "time": 0.0, "step": 0, "images": 0, "wall_s": 0.0}
    journal.append(tmp_path, Saved(**base, path="checkpoint.pt"))
    journal.append(tmp_path, Finished(**{**base, "seq": 1}, status="diverged", reason="not finite: loss_d"))
    assert [type(e) for e in journal.read(tmp_path)] == [Saved, Finished]


def test_unknown_fields_are_no_event() -> None:
    from pydantic import ValidationError

    from gan_core.events import event_from_json

    with pytest.raises(ValidationError):
        event_from_json(tick(0).model_dump_json()[:-1] + ',"surprise":1}')


@pytest.mark.parametrize("fid", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_kept(fid: float, tmp_path: Path) -> None:
    """Also one of a version that wrote null for it."""
    score = Score(metric="fid", name="fid", value=fid, stamp="s", protocol={})
    common: dict[str, Any] = {"seq": 0, "time": 0.0, "step": 0, "images": 0, "wall_s": 0.0, "seconds": 0.0}
    event = Evaluated(**common, of="best", generator_images=0, generator_wall_s=0.0, scores=(score,))
    journal.append(tmp_path, event)
    (there,) = journal.read(tmp_path)
    assert isinstance(there, Evaluated)
    assert repr(there.scores[0].value) == repr(fid)
    older = event.model_dump(mode="json")
    older["scores"][0]["value"] = None
    (tmp_path / journal.NAME).write_text(json.dumps(older) + "\n")
    (there,) = journal.read(tmp_path)
    assert isinstance(there, Evaluated)
    assert math.isnan(there.scores[0].value)
