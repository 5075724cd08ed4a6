"""`floors.json` in a study's folder: what real images and noise score. Reading it takes no torch."""

from pathlib import Path

from pydantic import ValidationError

from gan_core.problems import Problem, UserError
from gan_core.scoring.records import SCHEMA_VERSION, Floor, Kept

FILE = "floors.json"


class FloorsFile(Kept):
    """What the file holds. `protocols` says for which ones floors were made, also where there are none."""

    schema_version: int = SCHEMA_VERSION
    protocols: tuple[str, ...]
    floors: tuple[Floor, ...]


def read_floors(root: Path) -> tuple[Floor, ...]:
    """The floors in a study's folder; () where none were made. Raises UserError for a file that holds none."""
    kept = read_file(root)
    return () if kept is None else kept.floors


def read_file(root: Path) -> FloorsFile | None:
    """What the file in a study's folder holds; None without one. Raises UserError for a file that holds none."""
    path = root / FILE
    try:
        return FloorsFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        message = "holds no floors that this program has written; remove it"
        raise UserError(Problem(message, source=str(path))) from None
