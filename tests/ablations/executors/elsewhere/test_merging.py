"""Two journals of one trial, and what the parent's lacks."""

from itertools import pairwise

import pytest

from ablations.executors.elsewhere.merging import key_of, missing_in, story, told_in
from ablations.executors.elsewhere.trial_files import before_the_end
from gan_core.events import AnyEvent, Finished
from tests.ablations.executors.elsewhere.pretended import ALL, event_at

A = [event_at(seq) for seq in range(ALL)]  # one attempt's events
B = [event_at(seq) for seq in range(ALL)]  # another's: the same, at other times
FAILED = Finished(seq=6, time=0.0, step=6, images=60, wall_s=0.1, status="failed", reason="because")


def line_of(event: AnyEvent) -> bytes:
    return event.model_dump_json().encode() + b"\n"


def numbers(events: list[AnyEvent]) -> list[int]:
    return [event.seq for event in events]


@pytest.mark.parametrize(
    ("ours", "theirs", "missing"),
    [
        ([], [], []),
        ([], A[:5], A[:5]),
        (A[:5], [], []),
        (A[:5], A[:5], []),
        (A[:9], A[:5], []),  # heard, and not yet sent
        (A[:5], A[:9], A[5:9]),  # sent, and not heard
        ([*A[:9], *B[4:6]], [*A[:9], *B[4:8]], B[6:8]),  # went on from event 4
        ([*A[:9], *B[4:8]], A[:9], []),  # heard of the second attempt, which has sent nothing
        ([*A[:9], *B[4:6]], [*A[:9], *B[4:]], B[6:]),
        (A[:5], [*A[:6], FAILED], [A[5]]),  # a failure is not entered with the rest
        ([*A[:6], FAILED], [*A[:6], FAILED], []),
        ([*A[:6], FAILED], [*A[:6], FAILED, *B[4:8]], B[4:8]),
        ([*A[:3], *A[4:6]], A[:6], A[3:6]),  # ours has a hole
        ([*A[:6], *B[4:8]], [*A[:7]], []),  # one process was killed as it told event 6, and the next one told more
        ([*A[:6], *B[4:5]], [*A[:8]], A[4:8]),
        (A, [*A[:5], *B[5:6]], []),
    ],
)
def test_what_is_missing(ours: list[AnyEvent], theirs: list[AnyEvent], missing: list[AnyEvent]) -> None:
    found = missing_in(ours, theirs)
    assert numbers(found) == numbers(missing)
    assert found == missing
    whole = numbers(story([*ours, *found]))
    assert all(b == a + 1 for a, b in pairwise(whole))
    assert missing_in([*ours, *found], theirs) == []


def test_an_event_is_the_same_on_its_way_through_any_number_of_lines() -> None:
    for event in A:
        (read,) = told_in(line_of(event))
        assert line_of(read) == line_of(event)
        assert key_of(read) == key_of(event)


def test_torn_lines_are_no_events() -> None:
    content = line_of(A[0]) + line_of(A[1])[:20] + b"\n" + line_of(A[1])
    assert told_in(content) == A[:2]


def test_the_end_is_told_apart() -> None:
    lines = [line_of(event) for event in A]
    assert before_the_end(b"".join(lines)) == b"".join(lines[:-1])
    assert before_the_end(b"".join(lines[:-1])) == b"".join(lines[:-1])
    assert before_the_end(b"") == b""
    assert before_the_end(lines[-1]) == b""
    assert before_the_end(lines[0] + lines[-1][:-1]) == lines[0] + lines[-1][:-1]
