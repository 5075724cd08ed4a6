"""What the parent and its workers write to each other, one JSON object a line.

Every message to a worker is meant for one `life` of it: the time between a start and an end of its SLURM job, which
SLURM may start again (requeue). A worker that starts again reads nothing that was meant for its former life.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from gan_core.records import Record


class Train(Record):
    """To a worker: train this trial. `job`: what `job_to_json` has written."""

    kind: Literal["train"] = "train"
    life: str
    name: str
    attempt: str
    job: str


class Halt(Record):
    """To a worker: let this trial save and end."""

    kind: Literal["halt"] = "halt"
    life: str
    name: str


class Leave(Record):
    """To a worker: let all trials save and end, and end."""

    kind: Literal["leave"] = "leave"
    life: str


class Hello(Record):
    """From a worker: it has started, on this node, and trains up to `places` trials at once."""

    kind: Literal["hello"] = "hello"
    life: str
    node: str
    places: int = Field(ge=1)


class Told(Record):
    """From a worker: an event of a trial, as its journal has it."""

    kind: Literal["told"] = "told"
    name: str
    attempt: str
    event: str


class Left(Record):
    """From a worker: a trial has left without a result, or, `again`, was taken up again by the same worker.

    `begun`: whether it has begun there at all; `crashed`: whether its process has ended by itself, as it would again.
    """

    kind: Literal["left"] = "left"
    name: str
    attempt: str
    why: str
    again: bool = False
    begun: bool = True
    crashed: bool = False


class Bye(Record):
    """From a worker: it ends. `returns`: whether SLURM is to start it again."""

    kind: Literal["bye"] = "bye"
    life: str
    why: str
    returns: bool = False


ToWorker = Annotated[Train | Halt | Leave, Field(discriminator="kind")]
FromWorker = Annotated[Hello | Told | Left | Bye, Field(discriminator="kind")]
_TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(ToWorker)
_FROM_WORKER: TypeAdapter[FromWorker] = TypeAdapter(FromWorker)
T = TypeVar("T")


def to_worker(lines: Iterable[bytes]) -> list[ToWorker]:
    """The messages of an inbox. A line torn by the death of its writer is none."""
    return [*_read(lines, _TO_WORKER)]


def from_worker(lines: Iterable[bytes]) -> list[FromWorker]:
    """The messages of an outbox. A line torn by the death of its writer is none."""
    return [*_read(lines, _FROM_WORKER)]


def _read(lines: Iterable[bytes], kind: TypeAdapter[T]) -> Iterator[T]:
    for line in lines:
        with suppress(ValidationError):
            yield kind.validate_json(line)
