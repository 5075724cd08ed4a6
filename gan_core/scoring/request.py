"""What a user requests of an evaluation; what is left open is taken from the run or from the study."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.datasets.record import Fit
from gan_core.evaluation.metrics import METRICS
from gan_core.problems import Problem, UserError, nearest_name
from gan_core.schema.sizes import Size
from gan_core.show.saved import Which

MAX_SEEDS = 1000


@dataclass(frozen=True)
class ScoreRequest:
    """What to score, and how.

    A field that is None is taken from the settings in `like`, or else from the run's own protocol; for pictures there
    is no other source.
    """

    metrics: tuple[str, ...] | None = None
    n: int | None = None
    reference: str | None = None  # 'fashion-mnist:test', 'folder:PATH'
    extractor: str | None = None
    of: Which = "best"
    seeds: int = 1  # evaluation seeds, of the latents
    size: Size | None = None  # px, of the reference and so of the pictures, where no study says it
    fit: Fit = "crop"  # of pictures of another aspect
    g_mode: str | None = None  # of pictures: how their G was run, which nobody but its owner knows
    neighbours: Path | None = None  # where to draw the first images beside their nearest real ones
    like: dict[str, Any] | None = None  # settings of a run: under its protocol

    def check(self) -> None:
        """Raise UserError for a request that can't be met."""
        problems = [
            Problem(f"no metric is called {name!r}", ("metrics",), ", ".join(METRICS), nearest_name(name, METRICS))
            for name in self.metrics or ()
            if name not in METRICS
        ]
        if self.metrics is not None and len(set(self.metrics)) != len(self.metrics):
            problems.append(Problem(f"{', '.join(self.metrics)}: a name stands there twice", ("metrics",)))
        if self.n is not None and self.n < 2:
            problems.append(Problem(f"{self.n} images have no covariance", ("n",), allowed="2 or more"))
        if not 1 <= self.seeds <= MAX_SEEDS:
            problems.append(Problem(f"{self.seeds} evaluation seeds", ("seeds",), allowed=f"1 to {MAX_SEEDS}"))
        if self.g_mode is not None and not self.g_mode.strip():
            problems.append(Problem("says nothing", ("g-mode",), allowed="such as 'running statistics'"))
        if self.neighbours is not None and (problem := _place_problem(self.neighbours)):
            problems.append(problem)
        if problems:
            raise UserError(*problems)


def _place_problem(picture: Path) -> Problem | None:
    """Why a picture can't be written there; None where it can."""
    if picture.suffix.lower() != ".png":
        return Problem(f"{str(picture)!r} is no PNG file", ("neighbours",), allowed="a name that ends in .png")
    if picture.is_dir():
        return Problem(f"{picture} can't be written: it is a folder", ("neighbours",))
    return None


@dataclass(frozen=True)
class Place:
    """The device that an evaluation runs on, the folder where this machine keeps data sets and caches, and a file of
    Inception's weights.
    """

    home: Path
    device: str = "cpu"
    inception_weights: Path | None = None  # None: from `home`, or downloaded
