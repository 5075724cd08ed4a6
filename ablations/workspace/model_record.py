"""Where an arm's best generator went: `models/ARM.json` in the study's folder."""

from pathlib import Path

from pydantic import Field, ValidationError

from gan_core.machine import files
from gan_core.problems import Problem, UserError
from gan_core.records import Record

FOLDER = "models"


class ModelCursor(Record):
    """Where an arm's best generator went. `trial`: its folder's name; `registered`: versions by registered model."""

    schema_version: int = 1
    tracking_uri: str  # without a password
    experiment_id: str
    run_id: str
    trial: str
    model_id: str
    registered: dict[str, str] = Field(default_factory=dict)


def read_model(root: Path, arm: str) -> ModelCursor | None:
    """What is known of the arm's logged model; None where none was logged. Raises UserError where it can't be read."""
    path = _path(root, arm)
    return _read(path) if path.exists() else None


def models_of(root: Path) -> list[ModelCursor]:
    """All that are known. Raises UserError where one can't be read."""
    return [_read(path) for path in sorted((root / FOLDER).glob("*.json"))]


def write_model(root: Path, arm: str, cursor: ModelCursor) -> None:
    """Note it, atomically."""
    (root / FOLDER).mkdir(exist_ok=True)
    files.write_text(_path(root, arm), cursor.model_dump_json(indent=2) + "\n")


def _read(path: Path) -> ModelCursor:
    try:
        return ModelCursor.model_validate_json(path.read_bytes())
    except ValidationError:
        message = "describes no model that this program has logged; remove it, and the model is looked for in the store"
        raise UserError(Problem(message, source=str(path))) from None


def _path(root: Path, arm: str) -> Path:
    return root / FOLDER / f"{arm}.json"
