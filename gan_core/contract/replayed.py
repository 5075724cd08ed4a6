"""Whether the updates of a run with a trick can be recorded and replayed, as with `cuda_graphs` on a GPU; or the trick
says in `Parts.eager` why they can't be. Tried on a CPU, where a tape stands for the graph.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from gan_core.contract.finding import Finding, Stopped, failed, passed, told
from gan_core.contract.place import place_of
from gan_core.contract.tape import NotRecordableError, TapeRecorder
from gan_core.contract.tiny import begun, stepped
from gan_core.game.player import Clock
from gan_core.training.captured import Captured
from gan_core.tricks import Trick

CHECK = "cuda graphs"
SLIPS = (
    "a recording does the same to the same memory without Python: no counting, no choice by a value, no tensor kept "
    "other than by copy_()"
)


class WatchedClock(Clock):
    """A clock that notes who reads it while an update is recorded: a recording would keep what it read."""

    recording = False
    was_read = False

    def __getattribute__(self, name: str) -> Any:
        if name in ("step", "images") and object.__getattribute__(self, "recording"):
            self.was_read = True
        return object.__getattribute__(self, name)


class ClockWatcher(TapeRecorder):
    """Records on a tape, and knows whether the clock is read meanwhile."""

    def __init__(self, clock: WatchedClock) -> None:
        self._clock = clock

    def record(
        self, run: Callable[[], None], unchanged: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[], None]:
        self._clock.recording = True
        try:
            return super().record(run, unchanged)
        finally:
            self._clock.recording = False


def replayed(trick: Trick, settings: Mapping[str, Any]) -> Finding:
    """A run with these settings, in which the trick is on, against the same run with its updates replayed."""
    state = begun(settings)
    own = [reason for reason in state.parts.eager if trick.name in reason] or list(state.parts.eager)
    if own:
        return passed(CHECK, f"says why its updates can't be replayed: {'; '.join(own)}")
    advice = f'{SLIPS}; or say that it can\'t be: eager=("{trick.name} ... within the update",) in Parts'
    eager = begun(settings)
    with told(CHECK, "a run"):
        expected = stepped(eager)
    clock = state.clock
    clock.__class__ = WatchedClock  # it is in the hands of the trick already
    assert isinstance(clock, WatchedClock)
    learn = Captured(state, ClockWatcher(clock))
    try:
        with told(CHECK, "recording its updates", advice):
            ran = stepped(state, learn=learn)
    except Stopped as stopped:
        if not isinstance(stopped.__cause__, NotRecordableError):
            raise
        place = place_of(stopped.__cause__)
        return failed(CHECK, f"{stopped.__cause__}" + (f": {place}" if place else ""), advice)
    if clock.was_read:
        return failed(CHECK, "it reads the clock within an update, and a recording keeps what was read first", advice)
    if not ran.same(expected):
        return failed(CHECK, f"recorded and replayed, {expected.difference(ran)}", advice)
    doses = [[measure() for measure in each.doses[trick.name]] for each in (eager, state)]
    if repr(doses[0]) != repr(doses[1]):
        return failed(CHECK, f"recorded and replayed, the dose is {doses[1]} and not {doses[0]}", advice)
    return passed(CHECK, "recorded and replayed it is the same run, bit for bit")
