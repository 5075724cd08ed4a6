"""Samples from a run's generator, as one grid."""

from pathlib import Path

from gan_core.evaluation.quantise import NotFiniteError
from gan_core.problems import Problem, UserError
from gan_core.show.saved import Which, load_generator
from gan_core.training.sampling import save_grid

LATENTS = "latent.sample"  # the stream: training and scoring have others


def sample(directory: Path, n: int, out: Path, which: Which, seed: int, device: str = "cpu") -> Path:
    """Draw `n` images from the generator of the run in `directory` into the PNG file `out`; give its path.

    The same seed gives the same latents for every run with latents of that size. Raises UserError where there is no
    run, no such weights, nothing to draw, or no place to write.
    """
    problems = []
    if n < 1:
        problems.append(Problem(f"{n} images can't be drawn", ("n",), allowed="1 or more"))
    if not 0 <= seed < 2**31:
        problems.append(Problem(f"{seed} is no seed", ("seed",), allowed="0 to 2147483647"))
    if out.suffix.lower() != ".png":
        problems.append(Problem(f"{str(out)!r} is no PNG file", ("out",), allowed="a name that ends in .png"))
    if problems:
        raise UserError(*problems)
    saved = load_generator(directory, which, device)
    try:
        images = saved.draw(saved.latents(LATENTS, n, seed))
    except NotFiniteError as error:
        raise UserError(Problem(str(error), source=str(directory))) from error
    try:
        save_grid(images, out)
    except OSError as error:
        raise UserError(Problem(f"can't be written: {error.strerror}", source=str(out))) from error
    return out
