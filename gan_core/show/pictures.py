"""What a generator draws: fresh samples, paths between latents, and the film of its training from its grids."""

from collections.abc import Sequence
from pathlib import Path

import PIL.Image
import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from gan_core.events import AnyEvent, Sampled
from gan_core.machine.inside import file_inside
from gan_core.show.animation import save_gif
from gan_core.show.interpolation import circle, slerp, slerp_path
from gan_core.show.saved import SavedGenerator
from gan_core.training.sampling import CLASS_COLUMNS, MOST_CLASS_ROWS, a_row_a_class, save_grid

FRESH = 64  # images
ROWS, COLUMNS = 6, 9  # of the interpolations
STATIONS, STEPS = 4, 12  # of the animated interpolation
TURN = 48  # images around the circle
SIDE_BY_SIDE = 4  # animated at once, in a row
MAX_FRAMES = 60  # of the film of the training: more are thinned out evenly
SMALLEST = 64  # px: smaller images are enlarged in animations
FILM_MS, WAY_MS = 300, 80


def draw_fresh(saved: SavedGenerator, path: Path) -> None:
    """A grid from latents that were used for nothing else; of a conditional generator with a row a class."""
    latents = saved.latents("latent.fresh", FRESH)
    if saved.classes is None:
        save_grid(saved.draw(latents), path)
        return
    rows = min(len(saved.classes), MOST_CLASS_ROWS)
    save_grid(saved.draw(*a_row_a_class(latents[:CLASS_COLUMNS], len(saved.classes), rows)), path, CLASS_COLUMNS)


def draw_interpolations(saved: SavedGenerator, strip: Path, film: Path) -> None:
    """Rows from one latent to another by slerp; and four closed paths, next to each other, as a film.

    The class stays on each way, and the next way has the next class.
    """
    ends = saved.latents("latent.slerp", 2 * ROWS)
    rows = [slerp(ends[2 * row], ends[2 * row + 1], COLUMNS) for row in range(ROWS)]
    _save_rows(_drawn(saved, rows), COLUMNS, strip)
    stations = saved.latents("latent.slerp", STATIONS * SIDE_BY_SIDE).view(SIDE_BY_SIDE, STATIONS, -1)
    ways = [slerp_path(way, STEPS) for way in stations]
    _save_side_by_side(torch.split(_drawn(saved, ways), len(ways[0])), film)


def draw_circles(saved: SavedGenerator, strip: Path, film: Path) -> None:
    """Closed circles in latent space: one circle a row, and as a film without a seam."""
    axes = saved.latents("latent.circle", 2 * ROWS)
    circles = [circle(axes[2 * row], axes[2 * row + 1], TURN) for row in range(ROWS)]
    shown = [way[:: TURN // (COLUMNS - 1)] for way in circles]
    closed = [torch.cat([way, way[:1]]) for way in shown]  # the last column is the first: it meets itself
    _save_rows(_drawn(saved, closed), len(closed[0]), strip)
    _save_side_by_side(torch.split(_drawn(saved, circles[:SIDE_BY_SIDE]), TURN), film)


def draw_training(events: list[AnyEvent], directory: Path, film: Path) -> None:
    """The grids from the fixed latents, one after another. Draws nothing where the run has no grids."""
    named = (file_inside(directory, event.path) for event in events if isinstance(event, Sampled))
    paths = [path for path in named if path is not None]
    if not paths:
        return
    count = min(len(paths), MAX_FRAMES)
    thinned = [paths[round(i * (len(paths) - 1) / max(1, count - 1))] for i in range(count)]
    frames = []
    for path in thinned:
        with PIL.Image.open(path) as image:
            frames.append(image.convert("RGB"))
    save_gif(frames, film, FILM_MS, hold_last=True)


def _drawn(saved: SavedGenerator, ways: list[Tensor]) -> Tensor:
    """Images of the latents on ways of one length, one way after another: [n * length C H W]."""
    labels = None
    if saved.classes is not None:
        labels = (torch.arange(len(ways)) % len(saved.classes)).repeat_interleave(len(ways[0]))
    return saved.draw(torch.cat(ways), labels)


def _save_rows(images: Tensor, columns: int, path: Path) -> None:
    save_grid(images, path, columns)


def _save_side_by_side(ways: Sequence[Tensor], path: Path) -> None:
    """Save paths [n C H W] of one length as an animation, next to each other in a row."""
    frames = []
    for images in zip(*ways, strict=True):
        row = make_grid(torch.stack(images), nrow=len(images), padding=2, pad_value=255)
        frame = to_pil_image(row)
        factor = -(-SMALLEST // images[0].shape[-1])
        frames.append(frame.resize((frame.width * factor, frame.height * factor), PIL.Image.Resampling.NEAREST))
    save_gif(frames, path, WAY_MS)
