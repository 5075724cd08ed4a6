"""Each arm's best generator, as a study's folder tells of it, and whether a tracking store has it as a logged model.

The best is the generator with the lowest full FID among the arm's finished seeds, with the weights of that run's best
score on the way. Arms that a search only explored have none, nor have runs without scores: nothing says which is best.
What was logged is noted in `models/ARM.json` in the study's folder.
"""

import math
import re
from pathlib import Path

from pydantic import Field, ValidationError

from ablations.leaderboard.records import METRIC
from ablations.results import Result, read_results
from ablations.tracking.cursor import without_password
from gan_core.machine import files as atomic
from gan_core.problems import Problem, UserError
from gan_core.records import Record

FOLDER = "models"
WEIGHTS = "best.safetensors"
FORBIDDEN = "/:'\"`"  # in a registered model's name: MLflow's own two, and what would end a quotation in its filters


class ModelCursor(Record):
    """Where an arm's best generator went. `trial`: its folder's name; `registered`: versions by registered model."""

    schema_version: int = 1
    tracking_uri: str  # without a password
    experiment_id: str
    run_id: str
    trial: str
    model_id: str
    registered: dict[str, str] = Field(default_factory=dict)


def best_generators(root: Path) -> tuple[Result, ...]:
    """By arm, in the order of results, the run whose generator is the arm's best, where its weights are there."""
    best: dict[str, Result] = {}
    for result in read_results(root):
        if result.stage == "explore" or result.status != "finished" or not math.isfinite(_fid(result)):
            continue
        if result.arm not in best or _fid(result) < _fid(best[result.arm]):
            best[result.arm] = result
    return tuple(result for result in best.values() if (Path(result.directory) / WEIGHTS).is_file())


def not_logged(root: Path, uri: str, register: str | None = None) -> tuple[Result, ...]:
    """Those that the store at `uri` lacks as far as is known here, as a model or as a version of `register`.

    Raises UserError where that can't be read.
    """
    return tuple(result for result in best_generators(root) if not _is_logged(root, result, uri, register))


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
    atomic.write_text(_path(root, arm), cursor.model_dump_json(indent=2) + "\n")


def alias_of(arm: str) -> str:
    """The arm's name as MLflow takes it for an alias: without '+', and never one of its own words.

    >>> alias_of("dropout+ttur"), alias_of("v1")
    ('dropout_and_ttur', 'arm-v1')
    """
    alias = arm.replace("+", "_and_")
    return f"arm-{alias}" if alias.lower() == "latest" or re.fullmatch(r"[vV]\d+", alias) else alias


def check_register(name: str | None, *, logged: bool) -> None:
    """Raise UserError where no model can be registered under this name, or none will be `logged`."""
    if name is None:
        return
    if not name.strip() or any(sign in name for sign in FORBIDDEN):
        allowed = f"a name without {' '.join(FORBIDDEN)}"
        raise UserError(Problem(f"{name!r} can't be a registered model's name", ("--register",), allowed))
    if not logged:
        message = "no model is logged now, so none can be registered"
        raise UserError(Problem(message, ("--register",), "without --no-models and --offline; or `sync --register`"))


def _is_logged(root: Path, result: Result, uri: str, register: str | None) -> bool:
    cursor = read_model(root, result.arm)
    if cursor is None or cursor.tracking_uri != without_password(uri):
        return False
    same = cursor.trial == Path(result.directory).name and cursor.run_id == result.run_id
    return same and (register is None or register in cursor.registered)


def _read(path: Path) -> ModelCursor:
    try:
        return ModelCursor.model_validate_json(path.read_bytes())
    except ValidationError:
        message = "tells of no model that this program has logged; remove it, and the model is looked for in the store"
        raise UserError(Problem(message, source=str(path))) from None


def _path(root: Path, arm: str) -> Path:
    return root / FOLDER / f"{arm}.json"


def _fid(result: Result) -> float:
    score = result.score(METRIC, "best")
    return math.nan if score is None else score.value
