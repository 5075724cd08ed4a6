"""Generators exported in a process of their own, one after another, while the parent sends those that are ready."""

import traceback
from collections.abc import Generator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from ablations.executors.fork_server import fork_server
from gan_core.workers.orphan import end_with_parent
from gan_core.workers.standard_output import leave_to_parent

PATIENCE_S = 120.0  # for one of them


class Exported(NamedTuple):
    """An arm's generator as a model's folder. `problem`: why there is none; '' where there is one."""

    arm: str
    folder: Path
    problem: str = ""


def exported_generator(
    directories: Mapping[str, Path], out: Path, *, here: bool, patience_s: float = PATIENCE_S
) -> Generator[Exported, None, None]:
    """The best generator of each of these runs, by arm, as a folder `out`/ARM, in their order.

    `here`: in this process. Otherwise closing it ends the child; after one that dies, or takes longer than
    `patience_s`, there are no more.
    """
    if not directories:
        return
    if here:
        for arm, directory in directories.items():
            yield Exported(arm, out / arm, _attempt(directory, out / arm))
        return
    context = fork_server()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(dict(directories), out, theirs), name="models")
    process.start()
    theirs.close()
    try:
        for arm in directories:
            if not ours.poll(patience_s):
                yield Exported(arm, out / arm, f"its export took longer than {patience_s:g} s")
                return
            try:
                problem = ours.recv()
            except EOFError:
                yield Exported(arm, out / arm, "the process that exports it died")
                return
            yield Exported(arm, out / arm, problem)
    finally:
        process.kill()  # it has reported all there is, or nobody waits for it
        process.join()
        ours.close()


def _child(directories: Mapping[str, Path], out: Path, pipe: Connection) -> None:
    end_with_parent()
    leave_to_parent()
    with pipe, suppress(BrokenPipeError):  # whoever waited has been killed
        for arm, directory in directories.items():
            pipe.send(_attempt(directory, out / arm))


def _attempt(directory: Path, out: Path) -> str:
    """Export one generator; returns why there is no model, in one line, or ''."""
    from ablations.tracking.mlflow.generator import save_generator

    try:
        save_generator(directory, out)
    except Exception as error:
        return traceback.format_exception_only(error)[-1].strip()
    return ""
