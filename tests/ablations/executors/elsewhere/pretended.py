"""A trainer that only pretends: the events, files and checkpoints of a run, for tests of what carries them.

Its checkpoint is the number of events told so far, in words. Where it is to begin from a checkpoint that knows more
than the journal beside it, it fails the test; but as the real trainer it saves a checkpoint before it tells so, and
where it was killed in between it tells so again.
"""

import itertools
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from ablations.executors.elsewhere.merging import story, told_in
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Finished, Sampled, Saved, Started, Ticked
from gan_core.workers.job import Job
from tests.ablations.tiny import TIMES

PARTS, TICKS = 2, 2
clock = itertools.count()  # every event has a time of its own, as in a run


def moments() -> list[str]:
    """What is due, in order; the number of an event is its place."""
    part = [*["tick"] * TICKS, "evaluate", "sample", "save"]
    return ["start", "sample", *part * PARTS, "last", "finish"]


ALL = len(moments())


def event_at(seq: int) -> AnyEvent:
    """The event with this number."""
    common: dict[str, Any] = {"seq": seq, "time": float(next(clock)), "step": seq, "images": seq * 10, "wall_s": 0.1}
    match moments()[seq]:
        case "start":
            return Started(
                **common,
                fingerprint="f",
                config={},
                device="cpu",
                threads=1,
                data_digest="d",
                parameters={"G": 1},
                versions={},
            )
        case "tick":
            return Ticked(**common, means={"loss_d": 1 / seq, "loss_g": float("inf")}, dose={}, images_per_s=1.0)
        case "evaluate" | "last" as of:
            which = "last" if of == "last" else "progress"
            where = {"generator_images": seq, "generator_wall_s": 0.1}
            return Evaluated(**common, of=which, **where, scores=(), seconds=0.1)
        case "sample":
            return Sampled(**common, path=f"grids/{seq:04d}.png")
        case "save":
            return Saved(**common, path="checkpoint.pt")
        case _:
            return Finished(**common, status="finished")


def train(
    job: Job, device: str, threads: int, stop: Callable[[], bool] = lambda: False
) -> Generator[AnyEvent, None, None]:
    """Pretend to train, from the checkpoint in the job's folder to the end."""
    folder = job.directory
    checkpoint = folder / "checkpoint.pt"
    check_checkpoint(folder)
    told = len(story(told_in(content_of(folder))))
    begin = min(told, int(checkpoint.read_text())) if checkpoint.exists() else 0
    for seq in range(begin, ALL):
        if stop():
            checkpoint.write_text(str(seq))
            return
        event = event_at(seq)
        if isinstance(event, Sampled):
            (folder / event.path).parent.mkdir(exist_ok=True)
            (folder / event.path).write_text(event.path)
        elif isinstance(event, Saved):
            checkpoint.write_text(str(seq + 1))
        elif isinstance(event, Evaluated):
            (folder / f"{'last' if event.of == 'last' else 'best'}.safetensors").write_text(str(seq))
        journal.append(folder, event)
        try:
            yield event
        except GeneratorExit:
            if not isinstance(event, Finished):
                checkpoint.write_text(str(seq + 1))
            raise


def content_of(folder: Path) -> bytes:
    """A journal's content; b'' without one."""
    path = folder / journal.NAME
    return path.read_bytes() if path.exists() else b""


def check_checkpoint(folder: Path) -> None:
    """A checkpoint knows of nothing but itself that the journal beside it lacks. Raises AssertionError."""
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        known, told = int(checkpoint.read_text()), len(story(told_in(content_of(folder))))
        is_told_again = known == told + 1 and moments()[told] == "save"
        assert known <= told or is_told_again, f"the checkpoint knows {known} events, the journal beside it {told}"


def check_home(folder: Path) -> None:
    """What holds of a trial's folder at home at every moment. Raises AssertionError."""
    told = told_in(content_of(folder))
    events = story(told)
    assert [event.seq for event in events] == list(range(len(events)))
    assert len({event.model_dump_json() for event in told}) == len(told), "an event was entered twice"
    check_checkpoint(folder)
    for event in events:
        if isinstance(event, Sampled):
            assert (folder / event.path).read_text() == event.path
    if events and isinstance(events[-1], Finished) and events[-1].is_result:
        check_whole(folder)


def check_whole(folder: Path) -> None:
    """The trial has its result, and everything that a run leaves. Raises AssertionError."""
    events = journal.read(folder)
    assert [timeless(event) for event in events] == [timeless(event_at(seq)) for seq in range(ALL)]
    assert (folder / "last.safetensors").read_text() == str(ALL - 2)
    assert (folder / "best.safetensors").read_text() == str(ALL - 5)
    assert (folder / "checkpoint.pt").exists()


def timeless(event: AnyEvent) -> dict[str, Any]:
    """The event without what two runs of one trial do not share."""
    return {key: value for key, value in json.loads(event.model_dump_json()).items() if key not in TIMES}
