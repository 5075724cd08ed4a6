"""A journal that has come to its end, of which memory holds the end alone: thousands of whole ones take gigabytes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from gan_core import journal
from gan_core.events import AnyEvent, Finished


class EndedEvents(Sequence[AnyEvent]):
    """The events of a trial that has its result, as `journal.read` returns them; all but the last are read when asked
    for.
    """

    def __init__(self, directory: Path, end: Finished) -> None:
        self._directory, self._end = directory, end

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(journal.read(self._directory))

    @overload
    def __getitem__(self, index: int) -> AnyEvent: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[AnyEvent]: ...
    def __getitem__(self, index: int | slice) -> AnyEvent | Sequence[AnyEvent]:
        if index == -1:
            return self._end
        if index == slice(1):
            first = journal.first(self._directory)
            return [] if first is None else [first]
        return journal.read(self._directory)[index]

    def __iter__(self) -> Iterator[AnyEvent]:
        return iter(journal.read(self._directory))


def events_of(directory: Path) -> Sequence[AnyEvent]:
    """The events of the trial in this directory."""
    end = next(journal.backwards(directory), None)
    if isinstance(end, Finished) and end.is_result:
        return EndedEvents(directory, end)
    return journal.read(directory)
