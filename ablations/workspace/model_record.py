"""Where an arm's best generator is kept as a model: `models/ARM.json` in the study's folder."""

from pathlib import Path

from pydantic import Field

from ablations.workspace.record_file import read_or_none
from gan_core.machine import files
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
    """The record of the arm's logged model; None where none was logged, or it is damaged: it is looked for then."""
    return _read(_path(root, arm))


def models_of(root: Path) -> list[ModelCursor]:
    """All models on record."""
    return [model for _, model in model_records(root)]


def model_records(root: Path) -> list[tuple[Path, ModelCursor]]:
    """All that are known, each with its file."""
    records = ((path, _read(path)) for path in sorted((root / FOLDER).glob("*.json")))
    return [(path, model) for path, model in records if model is not None]


def write_model(root: Path, arm: str, cursor: ModelCursor) -> None:
    """Write the record, atomically."""
    (root / FOLDER).mkdir(exist_ok=True)
    files.write_text(_path(root, arm), cursor.model_dump_json(indent=2) + "\n")


def _read(path: Path) -> ModelCursor | None:
    return read_or_none(path, ModelCursor)


def _path(root: Path, arm: str) -> Path:
    return root / FOLDER / f"{arm}.json"
