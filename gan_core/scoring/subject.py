"""What lies at a path that a user wants to score: a run's folder, a file of its weights, or a folder of pictures."""

from dataclasses import dataclass
from pathlib import Path

from gan_core import journal
from gan_core.events import Evaluated
from gan_core.problems import Problem, UserError
from gan_core.scoring.records import Kind
from gan_core.show.saved import SavedGenerator, Which, load_generator, load_weights, started
from gan_core.training import checkpoint

WHERE = ("RUN",)
STUDY = "study.json"  # what a study's folder holds
ALLOWED = "a run's folder, a file of weights or a checkpoint in one, or a folder of pictures"


@dataclass(frozen=True)
class SavedRun:
    """A run's generator; `what` describes it for people; `data_digest`: of the images that it was trained on."""

    generator: SavedGenerator
    what: str
    data_digest: str


def kind_of(path: Path) -> Kind:
    """Which of the three it is. Raises UserError where it is none of them."""
    if path.is_file():
        if path.suffix != ".safetensors" and path.name != checkpoint.NAME:
            raise UserError(Problem(f"{path} is no file of weights", WHERE, allowed=ALLOWED))
        return "weights"
    if not path.is_dir():
        raise UserError(Problem(f"{path} does not exist", WHERE, allowed=ALLOWED))
    if (path / journal.NAME).is_file():
        return "run"
    if (path / STUDY).is_file():
        raise UserError(Problem(f"{path} is a whole study", WHERE, allowed="one of its runs: STUDY/ARM-seedN"))
    return "images"


def saved_run(path: Path, which: Which, device: str) -> SavedRun:
    """The generator of a run's folder or of a file in it. Raises UserError where there is none."""
    if path.is_file():
        generator, what = load_weights(path, device), f"{path.parent.name}, {path.name}"
    else:
        generator, what = load_generator(path, which, device), f"{path.name}, {which} generator{_seen(path, which)}"
    directory = path.parent if path.is_file() else path
    return SavedRun(generator, what, started(journal.read(directory), directory).data_digest)


def _seen(directory: Path, which: Which) -> str:
    """' after 12.0 kimg', where the journal's last score of that kind has it."""
    scored = [event for event in journal.read(directory) if isinstance(event, Evaluated) and event.of == which]
    return f" after {scored[-1].generator_images / 1000:g} kimg" if scored else ""
