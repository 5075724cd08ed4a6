"""One training run as a generator of events. It prints nothing, and stops when its caller takes no more events."""

import math
import time
from collections.abc import Callable, Generator
from pathlib import Path

import torch

from gan_core.evaluation.quantise import NotFiniteError
from gan_core.events import AnyEvent, Finished, Ticked
from gan_core.schema.configuration import Config
from gan_core.training.actions import ACTIONS, ended
from gan_core.training.numerics import check_precision, scoring_arithmetic, training_arithmetic
from gan_core.training.run import Run
from gan_core.training.step import train_step
from gan_core.training.timetable import moments

__all__ = ["Run", "train"]


def train(
    config: Config,
    out: Path,
    home: Path,
    device: str = "cpu",
    stop: Callable[[], bool] = lambda: False,
    data_digest: str | None = None,
) -> Generator[AnyEvent, None, None]:
    """Train in the folder `out`, from its checkpoint if it holds one; `home` keeps data sets and caches.

    Yields the events of `gan_core.events`. Closing the generator saves a checkpoint first, so that nothing is lost.
    Once `stop()` holds, asked before each step, it saves and ends too, without a Finished. Raises UserError where data
    cannot be had or are not those of `data_digest`, where the device does not compute in the configuration's precision,
    or where `out` belongs to a run with other settings.
    """
    check_precision(config, device)
    run = Run(config, out, home, torch.device(device), data_digest)
    try:
        for moment in moments(config)[run.next_moment :]:
            if not _steps_until(moment.step, run, stop):
                run.save()
                return
            try:
                with scoring_arithmetic():
                    event = ACTIONS[moment.kind](run)
            except NotFiniteError as error:
                yield _diverged(run, str(error))
                return
            run.next_moment += 1
            yield event
            if isinstance(event, Ticked) and (names := _not_finite(event)):
                yield _diverged(run, f"not finite: {', '.join(names)}")
                return
    except GeneratorExit:
        if run.next_moment < len(moments(config)):  # what has ended can still be ended again, from its last checkpoint
            run.save()
        raise


def _steps_until(step: int, run: Run, stop: Callable[[], bool]) -> bool:
    """Train until so many steps are done; False where `stop` came first."""
    started = time.perf_counter()
    with training_arithmetic(run.config, run.state.device):
        while run.state.clock.step < step and not stop():
            train_step(run.state, run.learn)
    run.training_s += time.perf_counter() - started
    return run.state.clock.step >= step


def _diverged(run: Run, reason: str) -> Finished:
    return ended(run, "diverged", reason)


def _not_finite(tick: Ticked) -> list[str]:
    return [name for name, value in tick.means.items() if not math.isfinite(value)]
