"""All pictures of a run, drawn into the folder `show/` from the other files of the run."""

from pathlib import Path

from gan_core import journal
from gan_core.show.curves import draw_curves, draw_gradients
from gan_core.show.pictures import draw_circles, draw_fresh, draw_interpolations, draw_training
from gan_core.show.saved import load_generator, started
from gan_core.show.undrawn import forget_undrawn
from gan_core.verdict import verdict_of

FOLDER = "show"


def draw_run(directory: Path, device: str = "cpu") -> list[Path]:
    """Draw all pictures again, and return their paths.

    Samples come from the last generator. A run that diverged before its end has none, and gets curves and the film
    only. Raises UserError where there is no run.
    """
    events, out = journal.read(directory), directory / FOLDER
    start = started(events, directory)
    verdict = verdict_of(events)
    draw_curves(events, out / "curves.png", f"{start.fingerprint}: {verdict.kind}")
    draw_gradients(events, out / "gradients.png")
    draw_training(events, directory, out / "training.gif")
    if (directory / "last.safetensors").exists():
        saved = load_generator(directory, "last", device)
        draw_fresh(saved, out / "fresh.png")
        draw_interpolations(saved, out / "slerp.png", out / "slerp.gif")
        draw_circles(saved, out / "circle.png", out / "circle.gif")
    forget_undrawn(directory)
    return pictures_of(directory)


def pictures_of(directory: Path) -> list[Path]:
    """The pictures in a run's folder."""
    return sorted(path for path in (directory / FOLDER).glob("*") if path.suffix in (".png", ".gif"))
