"""The journal of a run: `events.jsonl`, appended line by line, the truth about what happened."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

from pydantic import ValidationError

from gan_core.events import AnyEvent, Event, event_from_json

NAME = "events.jsonl"
UNKNOWN_FIELD, UNKNOWN_KIND = "extra_forbidden", "union_tag_invalid"  # as pydantic calls them


def append(directory: Path, event: Event) -> None:
    """Add one event, on disk when this returns."""
    with open(directory / NAME, "ab") as file:
        if file.tell() and not _ends_with_newline(directory / NAME):
            file.write(b"\n")  # the writer before us was killed in the middle of a line
        file.write(event.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def recorded(events: Generator[AnyEvent, None, None], directory: Path) -> Generator[AnyEvent, None, None]:
    """Pass events on, each written to the journal of `directory` before it is seen. Closing it closes `events`.

    Where an event can't be written, `events` gets the OSError too: if it were closed instead, it would save a
    checkpoint in which that event counts as written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        for event in events:
            try:
                append(directory, event)
            except OSError as error:
                events.throw(error)
            yield event
    finally:
        events.close()


def read(directory: Path) -> list[AnyEvent]:
    """All events in order; [] without a journal."""
    path = directory / NAME
    return events_in(path.read_bytes()) if path.exists() else []


def backwards(directory: Path) -> Iterator[AnyEvent]:
    """The events of `read`, the last one first; each is parsed when it is asked for."""
    path = directory / NAME
    lines = path.read_bytes().splitlines() if path.exists() else []
    follower: AnyEvent | None = None
    for line in reversed(lines):
        event = _event(line)
        if event is not None and (follower is None or event.seq < follower.seq):
            yield event
            follower = event


def first(directory: Path) -> AnyEvent | None:
    """The first event of `read`; where its line begins as we write it, no other is parsed."""
    path = directory / NAME
    lines = path.read_bytes().splitlines() if path.exists() else []
    begun = (_event(line) for line in reversed(lines) if line.startswith(b'{"seq":0,'))
    events = [event for event in begun if event is not None][:1] or read(directory)
    return events[0] if events else None


def events_in(content: bytes) -> list[AnyEvent]:
    """All events of a journal's content, in order.

    A line torn by a crash is skipped. After a resumption numbers repeat: the later event takes the place of the
    earlier one and of all that followed it.
    """
    events: list[AnyEvent] = []
    for line in content.splitlines():
        event = _event(line)
        if event is None:
            continue
        while events and events[-1].seq >= event.seq:
            events.pop()
        events.append(event)
    return events


def _event(line: bytes) -> AnyEvent | None:
    """None for a line torn by a crash."""
    try:
        return event_from_json(line)
    except ValidationError:
        return None


def unknown_in(content: bytes) -> list[str]:
    """What a journal's content has that this version does not know, in order: fields, and kinds of events.

    Lines that are wrong in another way, such as torn ones, say nothing of who wrote them.
    """
    found: dict[str, None] = {}
    for line in content.splitlines():
        try:
            event_from_json(line)
        except ValidationError as error:
            problems = error.errors(include_url=False)
            if {problem["type"] for problem in problems} <= {UNKNOWN_FIELD, UNKNOWN_KIND}:
                found |= dict.fromkeys(
                    str(problem["ctx"]["tag"] if problem["type"] == UNKNOWN_KIND else problem["loc"][-1])
                    for problem in problems
                )
    return list(found)


def _ends_with_newline(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
