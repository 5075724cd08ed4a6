"""`floors.json` in a study's folder: what real images and noise score. Reading it takes no torch."""

from pathlib import Path

from ablations.workspace.record_file import read_record
from gan_core.scoring.records import SCHEMA_VERSION, Floor, Kept

FILE = "floors.json"
WAY_ON = "remove it; the next run measures the floors again"


class FloorsFile(Kept):
    """The content of the file. `protocols`: those for which floors were made, also where there are none."""

    schema_version: int = SCHEMA_VERSION
    protocols: tuple[str, ...]
    floors: tuple[Floor, ...]


def read_floors(root: Path) -> tuple[Floor, ...]:
    """The floors in a study's folder; () where none were made. Raises UserError for a file that holds none."""
    kept = read_file(root)
    return () if kept is None else kept.floors


def read_file(root: Path) -> FloorsFile | None:
    """What the file in a study's folder holds; None without one. Raises UserError for a file that holds none."""
    return read_record(root / FILE, FloorsFile, WAY_ON)
