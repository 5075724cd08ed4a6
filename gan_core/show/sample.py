"""Samples from a run's generator, as one grid."""

from pathlib import Path

import torch
from torch import Tensor

from gan_core.datasets.labels import Classes
from gan_core.evaluation.quantise import NotFiniteError
from gan_core.problems import Problem, UserError, nearest_name, shown
from gan_core.show.saved import SavedGenerator, Which, load_generator
from gan_core.training.sampling import CLASS_COLUMNS, a_row_a_class, save_grid

LATENTS = "latent.sample"  # the stream: training and scoring have others
DEFAULT_N = 64


def sample(
    directory: Path,
    n: int | None,
    out: Path,
    which: Which,
    seed: int,
    device: str = "cpu",
    label: str | None = None,
) -> Path:
    """Draw `n` images from the generator of the run in `directory` into the PNG file `out`; give its path.

    By default 64; of a conditional run 8 of each class, a row a class, or 64 of the class that `label` names by name or
    number. The same seed gives the same latents for every run with latents of that size. Raises UserError where there
    is no run, no such weights or class, nothing to draw, or no place to write.
    """
    problems = []
    if n is not None and n < 1:
        problems.append(Problem(f"{n} images can't be drawn", ("n",), allowed="1 or more"))
    if not 0 <= seed < 2**31:
        problems.append(Problem(f"{seed} is no seed", ("seed",), allowed="0 to 2147483647"))
    if out.suffix.lower() != ".png":
        problems.append(Problem(f"{str(out)!r} is no PNG file", ("out",), allowed="a name that ends in .png"))
    if problems:
        raise UserError(*problems)
    saved = load_generator(directory, which, device)
    latents, labels, columns = _inputs(saved, n, seed, label, directory)
    try:
        images = saved.draw(latents, labels)
    except NotFiniteError as error:
        raise UserError(Problem(str(error), source=str(directory))) from error
    try:
        save_grid(images, out, columns)
    except OSError as error:
        raise UserError(Problem(f"can't be written: {error.strerror}", source=str(out))) from error
    return out


def _inputs(
    saved: SavedGenerator, n: int | None, seed: int, label: str | None, directory: Path
) -> tuple[Tensor, Tensor | None, int | None]:
    """Latents, labels, and the columns of the grid; None: near-square."""
    if saved.classes is None:
        if label is not None:
            raise UserError(Problem("this run is not conditional: its G draws no class on request", ("class",)))
        return saved.latents(LATENTS, n or DEFAULT_N, seed), None, None
    if label is not None:
        count = n or DEFAULT_N
        return saved.latents(LATENTS, count, seed), torch.full((count,), _number(label, saved.classes)), None
    classes = len(saved.classes)
    columns, rest = (CLASS_COLUMNS, 0) if n is None else divmod(n, classes)
    if rest:
        message = f"{n} images are no whole number for each of the {classes} classes of {directory}"
        raise UserError(Problem(message, ("n",), allowed=f"a multiple of {classes}, or --class for one of them"))
    return *a_row_a_class(saved.latents(LATENTS, columns, seed), classes, classes), columns


def _number(label: str, classes: Classes) -> int:
    """The number of the class of this name, or with this number. Raises UserError where there is none."""
    if label in classes.names:
        return classes.names.index(label)
    if label.isdecimal() and int(label) < len(classes):
        return int(label)
    allowed = f"{', '.join(classes.names)}; or 0 to {len(classes) - 1}"
    raise UserError(
        Problem(f"no class is called {shown(label)}", ("class",), allowed, nearest_name(label, classes.names))
    )
