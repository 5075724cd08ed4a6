"""A journal read in pieces is the journal read at once."""

import random
from pathlib import Path

import pytest

from ablations.tracking.tail import JournalTail
from gan_core import journal
from tests.ablations.journals import make_arm, make_trial, story, write


@pytest.mark.parametrize("seed", range(5))
def test_in_pieces(seed: int, tmp_path: Path) -> None:
    """Cut at any byte: torn lines, a resumption that repeats numbers, what is not JSON."""
    trial = make_trial(tmp_path, make_arm("baseline"), 0)
    events = list(story(trial, 20.0))
    write(trial, events[:9])
    with open(trial.directory / journal.NAME, "ab") as file:
        file.write(b'{"seq": 9, "ki')  # killed in the middle of a line
    write(trial, [e.model_copy(update={"time": e.time + 500}) for e in events[5:]])
    content = (trial.directory / journal.NAME).read_bytes()
    whole = journal.read(trial.directory)
    assert [event.seq for event in whole] == [event.seq for event in events]
    draw = random.Random(seed)
    cuts = [*sorted(draw.sample(range(len(content)), 12)), len(content)]
    growing = tmp_path / "growing"
    growing.mkdir()
    tail = JournalTail(growing)
    assert tail.read() == []
    for begin, end in zip([0, *cuts], cuts, strict=False):
        with open(growing / journal.NAME, "ab") as file:
            file.write(content[begin:end])
        read = tail.read()
    assert read == whole == tail.read()


def test_another_file_in_its_place(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, make_arm("baseline"), 0)
    events = list(story(trial, 20.0))
    write(trial, events)
    tail = JournalTail(trial.directory)
    assert tail.read() == events
    (trial.directory / journal.NAME).rename(tmp_path / "old")
    write(trial, events[:3])
    assert tail.read() == events[:3]
