"""What is done at each moment of a run's timetable, and the event that reports it."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch

from gan_core.evaluation.evaluator import Scored
from gan_core.events import AnyEvent, Evaluated, Finished, Sampled, Saved, Started, Ticked, score_by
from gan_core.game.optimizer_numbers import RATES
from gan_core.game.updates import images_per_step
from gan_core.machine.devices import gpu_name, kind_of_machine
from gan_core.machine.versions import versions
from gan_core.schema.ramp import ramps_in
from gan_core.training import checkpoint
from gan_core.training.captured import obstacles
from gan_core.training.diagnostics import GRADIENTS
from gan_core.training.numerics import numerics
from gan_core.training.run import Run
from gan_core.training.sampling import (
    CLASS_COLUMNS,
    MOST_CLASS_ROWS,
    a_row_a_class,
    fixed_latents,
    sampled,
    save_grid,
)
from gan_core.training.timetable import Kind

GRID_IMAGES = 64


def _start(run: Run) -> Started:
    return Started(
        **run.now(),
        fingerprint=run.config.fingerprint(),
        config=run.config.plain(),
        device=str(run.state.device),
        threads=torch.get_num_threads(),
        data_digest=run.data.digest,
        data_skipped=run.data.skipped,
        parameters={
            name: sum(p.numel() for p in net.parameters()) for name, net in (("G", run.state.G), ("D", run.state.D))
        },
        data_scaling=run.state.scaling.plain(),
        versions=versions(),
        numerics=numerics(run.config, run.state.device, obstacles(run.state)) | _gpu(run),
        image_shape=run.data.images.shape[1:],
        labels={} if run.labelling is None else run.labelling.classes.counted(),
        ran_on=kind_of_machine(run.state.device),
    )


def _gpu(run: Run) -> dict[str, str | bool]:
    """Kinds of GPUs sum in different orders."""
    name = gpu_name(run.state.device)
    return {} if name is None else {"gpu": name}


def _tick(run: Run) -> Ticked:
    started = time.perf_counter()
    means = {**run.state.meter.take(), **run.state.rates.now(), **_moving_numbers(run)}  # the one sync
    seconds = run.training_s + time.perf_counter() - started
    images = run.state.clock.images - run.ticked_images
    run.training_s, run.ticked_images = 0.0, run.state.clock.images
    gradients = {name.removeprefix(GRADIENTS): means.pop(name) for name in list(means) if name.startswith(GRADIENTS)}
    rate = images / seconds
    return Ticked(**run.now(), means=means, dose=run.doses.take(), images_per_s=rate, gradients=gradients)


def _moving_numbers(run: Run) -> dict[str, float]:
    """The ramps of the run as they were in the last step, 'beta2' or 'r1.gamma'; the rates are the optimizers' own."""
    config = run.config
    kimg = max(0, run.state.clock.images - images_per_step(config)) / 1000
    names = {".".join(path): ramp for path, ramp in ramps_in(config)}
    return {name: ramp.at(kimg, config.budget_kimg) for name, ramp in names.items() if name not in RATES}


def _evaluate(run: Run) -> Evaluated:
    started, wall_s = time.perf_counter(), run.wall_s
    scores = run.scores("progress", run.config.progress_samples)
    score = score_by("fid", scores.scores)
    fid = None if score is None else score.value
    # Without scores there is no better or worse: the best is the last
    if fid is None or (math.isfinite(fid) and (run.best is None or fid < run.best["fid"])):
        run.best = {"fid": fid, "images": run.state.clock.images, "wall_s": wall_s, "weights": run.weights()}
        checkpoint.save_weights(run.out / "best.safetensors", run.best["weights"])
    return _evaluated(run, "progress", run.state.clock.images, wall_s, scores, started)


def _evaluate_last(run: Run) -> Evaluated:
    started, wall_s = time.perf_counter(), run.wall_s
    checkpoint.save_weights(run.out / "last.safetensors", run.weights())
    run.last_scores = run.scores("full", run.config.full_samples)
    return _evaluated(run, "last", run.state.clock.images, wall_s, run.last_scores, started)


def _evaluate_best(run: Run) -> Evaluated:
    """Score the checkpoint with the best score on the way, under the full protocol."""
    started, best = time.perf_counter(), run.best
    if best is None or best["images"] == run.state.clock.images:
        scores = run.last_scores or run.scores("full", run.config.full_samples)
        return _evaluated(run, "best", run.state.clock.images, run.wall_s, scores, started)
    last = run.weights()
    run.state.shown_g.load_state_dict(best["weights"])
    scores = run.scores("full", run.config.full_samples)
    run.state.shown_g.load_state_dict(last)
    return _evaluated(run, "best", best["images"], best["wall_s"], scores, started)


def _evaluated(
    run: Run,
    of: Literal["progress", "last", "best"],
    images: int,
    wall_s: float,
    scored: Scored,
    started: float,
) -> Evaluated:
    seconds = time.perf_counter() - started
    run.has_evaluated(seconds)
    return Evaluated(
        **run.now(),
        of=of,
        generator_images=images,
        generator_wall_s=wall_s,
        scores=scored.scores,
        seconds=seconds,
        diversity=scored.diversity,
    )


def _sample(run: Run) -> Sampled:
    latents, labels, columns = fixed_latents(run.config, "latent.grid", GRID_IMAGES), None, None
    if run.labelling is not None:
        classes, columns = len(run.labelling.classes), CLASS_COLUMNS
        latents, labels = a_row_a_class(latents[:columns], classes, min(classes, MOST_CLASS_ROWS))
    images = torch.cat(list(sampled(run.state.shown_g, latents, run.state.device, labels)))
    path = Path("grids") / f"{run.state.clock.images:010d}.png"
    save_grid(images, run.out / path, columns)
    return Sampled(**run.now(), path=str(path))


def _save(run: Run) -> Saved:
    event = Saved(**run.now(), path=checkpoint.NAME)
    run.next_moment += 1  # a run that goes on from here must not save again
    run.save()
    run.next_moment -= 1
    return event


def _finish(run: Run) -> Finished:
    run.end()
    return ended(run, "finished")


def ended(run: Run, status: Literal["finished", "diverged"], reason: str = "") -> Finished:
    """The end of a run, with what is known of the whole of it."""
    return Finished(
        **run.now(),
        status=status,
        reason=reason,
        inert=run.doses.inert,
        evaluation_s=run.evaluation_s,
        ran_on=kind_of_machine(run.state.device),
    )


ACTIONS: dict[Kind, Callable[[Run], AnyEvent]] = {
    Kind.START: _start,
    Kind.TICK: _tick,
    Kind.EVALUATE: _evaluate,
    Kind.SAMPLE: _sample,
    Kind.SAVE: _save,
    Kind.EVALUATE_LAST: _evaluate_last,
    Kind.EVALUATE_BEST: _evaluate_best,
    Kind.FINISH: _finish,
}
