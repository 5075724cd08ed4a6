"""Two journals of one trial, that of its parent and that of a node, and what the first lacks of the second."""

import hashlib
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from gan_core.events import AnyEvent, Finished, event_from_json

Key = bytes


def key_of(event: AnyEvent) -> Key:
    """The same for an event, whichever journal tells it; events of two attempts differ in their times."""
    return hashlib.blake2b(event.model_dump_json().encode(), digest_size=16).digest()


def told_in(content: bytes) -> list[AnyEvent]:
    """Every event of a journal's content, those too that others have taken the place of; torn lines are skipped."""
    events = []
    for line in content.splitlines():
        try:
            events.append(event_from_json(line))
        except ValidationError:
            continue
    return events


def story(told: Iterable[AnyEvent]) -> list[AnyEvent]:
    """The events that hold, from the first to the last or to the first hole: a later one replaces what it repeats."""
    events: list[AnyEvent] = []
    for event in told:
        while events and events[-1].seq >= event.seq:
            events.pop()
        events.append(event)
    whole = [event for place, event in enumerate(events) if event.seq == place]
    return whole if len(whole) == len(events) else events[: _first_hole(events)]


def missing_in(ours: Sequence[AnyEvent], theirs: Sequence[AnyEvent]) -> list[AnyEvent]:
    """What to append to our journal, which tells `ours`, so that it tells what `theirs` tells, if that is newer.

    `theirs` began as a copy of ours and went on; ours has heard of some of that. An end by failure is left out.
    """
    while theirs and is_failure(theirs[-1]):
        theirs = theirs[:-1]
    if not theirs:
        return []
    known, our_story, their_story = {key_of(event) for event in ours}, story(ours), story(theirs)
    is_whole = not ours or (bool(our_story) and our_story[-1] is ours[-1])
    if is_whole and key_of(theirs[-1]) in known:
        return []
    heard_more = bool(ours) and key_of(ours[-1]) not in {key_of(event) for event in theirs}
    if is_whole and heard_more and len(our_story) >= len(their_story):
        return []
    same = next(
        (i for i, (a, b) in enumerate(zip(our_story, their_story, strict=False)) if key_of(a) != key_of(b)),
        min(len(our_story), len(their_story)),
    )
    return their_story[same:]


def is_failure(event: AnyEvent) -> bool:
    """Whether this is the end of a run that is tried again."""
    return isinstance(event, Finished) and not event.is_result


def _first_hole(events: Sequence[AnyEvent]) -> int:
    return next(place for place, event in enumerate(events) if event.seq != place)
