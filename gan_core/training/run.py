"""A run while it goes on: the trained state and what surrounds it."""

import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_core import journal
from gan_core.datasets import ImageSet
from gan_core.datasets.labels import Labelling
from gan_core.evaluation.evaluator import Requested, Scored
from gan_core.evaluation.scorer import Scorer, scorer
from gan_core.machine.files import set_aside
from gan_core.plugin_text import keep
from gan_core.plugins.loaded import sources_of
from gan_core.problems import UserError
from gan_core.schema.configuration import Config
from gan_core.training import checkpoint, training_data
from gan_core.training.build import State, build
from gan_core.training.captured import learner
from gan_core.training.sampling import fixed_labels, fixed_latents, sampled
from gan_core.training.step import Learn
from gan_core.training.timetable import moments
from gan_core.tricks.doses import Doses
from gan_core.warnings_file import warn

G_MODE = "running statistics"
AS_OFTEN = "classes at random, as often as in the real images"
PROGRESS = "progress"  # the bank of latents for scores on the way


class Run:
    """The state of a run and what surrounds it: folder, scores, clocks."""

    def __init__(
        self, config: Config, out: Path, home: Path, device: torch.device, data_digest: str | None = None
    ) -> None:
        """`data_digest`: that of the images it is meant for, None for whatever there are. Raises UserError."""
        self._began = time.perf_counter()
        self.config, self.out = config, out
        self.data: ImageSet = training_data.load(config, home, digest=data_digest)
        self.labelling = Labelling.of(self.data) if config.conditional else None
        self.state: State = self._begin(device)
        self.doses = Doses(config, self.state.doses)
        began = time.perf_counter()
        requested = requested_of(config, self.data)
        self.scorer: Scorer = scorer(
            config.extractor, self.data, home, device, config.metrics, config.max_images, requested
        )
        on_the_way = config.progress_extractor or config.extractor
        self.progress_scorer: Scorer = scorer(
            on_the_way, self.data, home, device, config.progress_metrics, config.max_images, requested
        )
        self.evaluation_s: float | None = time.perf_counter() - began  # None: a checkpoint did not know
        self.next_moment = 0
        self.training_s = 0.0  # since the last tick
        self.wall_s_before = 0.0  # of the runs that this one goes on from
        self.best: dict[str, Any] | None = None  # fid, images, wall_s, weights
        self.last_scores: Scored | None = None
        self.ticked_images = 0
        out.mkdir(parents=True, exist_ok=True)
        for source in sources_of(config.use):
            keep(out, source)
        self._restore()
        self.learn: Learn = learner(self.state)

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

    def has_evaluated(self, seconds: float) -> None:
        """So many more seconds were spent on evaluation."""
        if self.evaluation_s is not None:
            self.evaluation_s += seconds

    def save(self) -> None:
        """Write the checkpoint."""
        progress = {
            "next_moment": self.next_moment,
            "wall_s": self.wall_s,
            "training_s": self.training_s,
            "evaluation_s": self.evaluation_s,
            "ticked_images": self.ticked_images,
            "best": self.best,
            "doses": self.doses.state_dict(),
            "data_digest": self.data.digest,
        }
        checkpoint.save(self.out / checkpoint.NAME, self.state, progress)

    def _restore(self) -> None:
        """Go on from the last checkpoint that is sound and whose past the journal holds; without one begin anew.

        What is damaged is set aside, with a warning in the folder.
        """
        told = _events_told(self.out)
        for path in (self.out / checkpoint.NAME, self.out / checkpoint.PREVIOUS):
            try:
                progress = checkpoint.load(path, self.state)
            except FileNotFoundError:
                continue
            except checkpoint.DamagedError as error:
                warn(self.out, f"{path} is damaged ({error}); it is now {set_aside(path).name}")
                self.state = self._begin(self.state.device)
                continue
            if progress["data_digest"] != self.data.digest:
                raise UserError(training_data.other_images(self.config, progress["data_digest"], self.data.digest))
            if (first := self._first_to_tell(progress["next_moment"], told)) is not None:
                self._go_on(progress, first)
                return
            message = f"{self.out / journal.NAME} has lost events that nothing can tell again from {path.name} on"
            warn(self.out, f"{message}; the checkpoint is now {set_aside(path).name}")
            self.state = self._begin(self.state.device)

    def _begin(self, device: torch.device) -> State:
        return build(self.config, self.data.images, device, self.labelling)

    def _first_to_tell(self, next_moment: int, told: int | None) -> int | None:
        """The moment to go on with: the next one, or the first that the journal lacks if it comes at the same step.

        None where it came at an earlier step, whose networks are gone.
        """
        plan = moments(self.config)
        first = min(next_moment, next_moment if told is None else told, len(plan) - 1)
        return first if first == next_moment or plan[first].step == self.state.clock.step else None

    def _go_on(self, progress: dict[str, Any], first: int) -> None:
        self.next_moment = first
        self.wall_s_before = progress["wall_s"]
        self.training_s = progress["training_s"]
        # Checkpoints of older versions know nothing of it
        before = progress.get("evaluation_s")
        self.evaluation_s = None if before is None or self.evaluation_s is None else before + self.evaluation_s
        self.ticked_images = progress["ticked_images"]
        self.best = progress["best"]
        self.doses.load_state_dict(progress["doses"])

    def end(self) -> None:
        """Remove what only a run that goes on needs."""
        checkpoint.forget_previous(self.out)

    def weights(self) -> dict[str, Tensor]:
        """A copy of the scored generator's weights, on the CPU."""
        return {name: tensor.detach().cpu().clone() for name, tensor in self.state.shown_g.state_dict().items()}

    def scores(self, bank: str, count: int) -> Scored:
        """Score the generator as it is now on `count` images from the named bank of latents."""
        latents = fixed_latents(self.config, f"latent.{bank}", count)
        labels = self.labels(f"label.{bank}", count)
        scorer = self.progress_scorer if bank == PROGRESS else self.scorer
        images = sampled(self.state.shown_g, latents, self.state.device, labels)
        return scorer.measure(images, count, G_MODE, labels)

    def labels(self, bank: str, count: int) -> Tensor | None:
        """The classes [count] that G is to draw with the latents of a bank; None in a run without labels."""
        if self.labelling is None:
            return None
        return fixed_labels(self.config, self.labelling.classes, bank, count)


def requested_of(config: Config, reference: ImageSet) -> Requested | None:
    """The classes that the run's G is to draw for a score, as often as the real images have them."""
    return Requested(reference.classes, AS_OFTEN) if config.conditional else None


def _events_told(directory: Path) -> int | None:
    """How many events the journal holds before its first hole; None where the run has none."""
    if not (directory / journal.NAME).exists():
        return None
    told = 0
    for event in journal.read(directory):
        if event.seq != told:
            break
        told += 1
    return told
