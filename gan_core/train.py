"""One training run as a generator of events. It prints nothing and stops when nobody asks for more."""

import math
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from gan_core import checkpoint, training_data
from gan_core.build import State, build
from gan_core.config import Config
from gan_core.datasets import ImageSet
from gan_core.diagnostics import GRADIENTS
from gan_core.doses import Doses
from gan_core.evaluation.quantise import NotFiniteError
from gan_core.evaluation.scored import Scored
from gan_core.evaluation.unscored import Scorer, scorer
from gan_core.events import AnyEvent, Evaluated, Finished, Sampled, Saved, Started, Ticked
from gan_core.plan import Kind, moments
from gan_core.problems import UserError
from gan_core.sampling import fixed_latents, sampled, save_grid
from gan_core.step import train_step
from gan_core.versions import versions

GRID_IMAGES = 64
G_MODE = "running statistics"


def train(config: Config, out: Path, home: Path, device: str = "cpu") -> Generator[AnyEvent, None, None]:
    """Train in the folder `out`, from its checkpoint if it holds one; `home` keeps data sets and caches.

    Yields the events of `gan_core.events`. Closing the generator saves a checkpoint first, so that nothing is lost.
    Raises UserError where data cannot be had, or where `out` belongs to a run with other settings.
    """
    run = Run(config, out, home, torch.device(device))
    try:
        for moment in moments(config)[run.next_moment :]:
            started = time.perf_counter()
            while run.state.clock.step < moment.step:
                train_step(run.state)
            run.training_s += time.perf_counter() - started
            try:
                event = ACTIONS[moment.kind](run)
            except NotFiniteError as error:
                yield Finished(**run.now(), status="diverged", reason=str(error), inert=run.doses.inert)
                return
            run.next_moment += 1
            yield event
            if isinstance(event, Ticked) and (names := _not_finite(event)):
                reason = f"not finite: {', '.join(names)}"
                yield Finished(**run.now(), status="diverged", reason=reason, inert=run.doses.inert)
                return
    except GeneratorExit:
        run.save()
        raise


class Run:
    """The state of a run and what surrounds it: folder, scores, clocks."""

    def __init__(self, config: Config, out: Path, home: Path, device: torch.device) -> None:
        self._began = time.perf_counter()
        self.config, self.out = config, out
        self.data: ImageSet = training_data.load(config, home)
        self.state: State = build(config, self.data.images, device)
        self.doses = Doses(config, self.state.doses)
        self.scorer: Scorer = scorer(config.extractor, self.data, home, device)
        self.next_moment = 0
        self.training_s = 0.0  # since the last tick
        self.wall_s_before = 0.0  # of the runs that this one goes on from
        self.best: dict[str, Any] | None = None  # fid, images, wall_s, weights
        self.last_scores: Scored | None = None
        self.ticked_images = 0
        out.mkdir(parents=True, exist_ok=True)
        if (out / checkpoint.NAME).exists():
            self._restore()

    @property
    def wall_s(self) -> float:
        return self.wall_s_before + time.perf_counter() - self._began

    def now(self) -> dict[str, Any]:
        """The fields that every event has."""
        clock = self.state.clock
        return {
            "seq": self.next_moment,
            "time": time.time(),
            "step": clock.step,
            "images": clock.images,
            "wall_s": self.wall_s,
        }

    def save(self) -> None:
        """Write the checkpoint."""
        progress = {
            "next_moment": self.next_moment,
            "wall_s": self.wall_s,
            "training_s": self.training_s,
            "ticked_images": self.ticked_images,
            "best": self.best,
            "doses": self.doses.state_dict(),
            "data_digest": self.data.digest,
        }
        checkpoint.save(self.out / checkpoint.NAME, self.state, progress)

    def _restore(self) -> None:
        progress = checkpoint.load(self.out / checkpoint.NAME, self.state)
        if progress["data_digest"] != self.data.digest:
            raise UserError(f"{self.out} belongs to a run on other data; start in an empty folder")
        self.next_moment = progress["next_moment"]
        self.wall_s_before = progress["wall_s"]
        self.training_s = progress["training_s"]
        self.ticked_images = progress["ticked_images"]
        self.best = progress["best"]
        self.doses.load_state_dict(progress["doses"])

    def weights(self) -> dict[str, Tensor]:
        """A copy of the scored generator's weights, on the CPU."""
        return {name: tensor.detach().cpu().clone() for name, tensor in self.state.shown_g.state_dict().items()}

    def scores(self, bank: str, count: int) -> Scored:
        """Score the generator as it is now on `count` images from the named bank of latents."""
        latents = fixed_latents(self.config, f"latent.{bank}", count)
        return self.scorer.measure(sampled(self.state.shown_g, latents, self.state.device), count, G_MODE)


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
        image_shape=run.data.images.shape[1:],
    )


def _tick(run: Run) -> Ticked:
    started = time.perf_counter()
    means = {**run.state.meter.take(), **run.state.rates.now()}  # the one sync
    seconds = run.training_s + time.perf_counter() - started
    images = run.state.clock.images - run.ticked_images
    run.training_s, run.ticked_images = 0.0, run.state.clock.images
    gradients = {name.removeprefix(GRADIENTS): means.pop(name) for name in list(means) if name.startswith(GRADIENTS)}
    rate = images / seconds
    return Ticked(**run.now(), means=means, dose=run.doses.take(), images_per_s=rate, gradients=gradients)


def _evaluate(run: Run) -> Evaluated:
    started, wall_s = time.perf_counter(), run.wall_s
    scores = run.scores("progress", run.config.progress_samples)
    fid = next((score.value for score in scores.scores if score.metric == "fid"), None)
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
    """The checkpoint with the best score on the way, under the full protocol."""
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
    return Evaluated(
        **run.now(),
        of=of,
        generator_images=images,
        generator_wall_s=wall_s,
        scores=scored.scores,
        seconds=time.perf_counter() - started,
        diversity=scored.diversity,
    )


def _sample(run: Run) -> Sampled:
    latents = fixed_latents(run.config, "latent.grid", GRID_IMAGES)
    images = torch.cat(list(sampled(run.state.shown_g, latents, run.state.device)))
    path = Path("grids") / f"{run.state.clock.images:010d}.png"
    save_grid(images, run.out / path)
    return Sampled(**run.now(), path=str(path))


def _save(run: Run) -> Saved:
    event = Saved(**run.now(), path=checkpoint.NAME)
    run.next_moment += 1  # a run that goes on from here must not save again
    run.save()
    run.next_moment -= 1
    return event


def _finish(run: Run) -> Finished:
    return Finished(**run.now(), status="finished", inert=run.doses.inert)


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


def _not_finite(tick: Ticked) -> list[str]:
    return [name for name, value in tick.means.items() if not math.isfinite(value)]
