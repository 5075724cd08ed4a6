"""`floors.json` in a study's folder: what real images and noise score. Reading it takes no torch."""

from pathlib import Path

from ablations.workspace.record_file import read_or_none
from gan_core.scoring.records import SCHEMA_VERSION, Floor, Kept

FILE = "floors.json"


class FloorsFile(Kept):
    """The content of the file. `protocols`: those for which floors were made, also where there are none."""

    schema_version: int = SCHEMA_VERSION
    protocols: tuple[str, ...]
    floors: tuple[Floor, ...]


def read_floors(root: Path) -> tuple[Floor, ...]:
    """The floors in a study's folder; () where none were made, or the file is damaged: they are measured again."""
    kept = read_file(root)
    return () if kept is None else kept.floors


def read_file(root: Path) -> FloorsFile | None:
    """What the file in a study's folder holds; None without one, or with a damaged one."""
    return read_or_none(root / FILE, FloorsFile)
