"""Each arm's best generator, according to the study's folder, and whether a tracking store has it as a logged model.

The best is the generator with the lowest full FID among the arm's finished seeds, with the weights of that run's best
score on the way. Arms that a search only explored have none, nor have runs without scores: nothing says which is best.
What was logged is noted in `models/ARM.json` in the study's folder.
"""

import math
from pathlib import Path

from ablations.addresses import without_password
from ablations.results.results import METRIC, Result, read_results
from ablations.workspace.model_record import read_model

WEIGHTS = "best.safetensors"


def best_generators(root: Path) -> tuple[Result, ...]:
    """For each arm, in the order of results, the run with its best generator, where the weights exist."""
    best: dict[str, Result] = {}
    for result in read_results(root):
        if result.stage == "explore" or result.status != "finished" or not math.isfinite(_fid(result)):
            continue
        if result.arm not in best or _fid(result) < _fid(best[result.arm]):
            best[result.arm] = result
    return tuple(result for result in best.values() if (Path(result.directory) / WEIGHTS).is_file())


def not_logged(root: Path, uri: str, register: str | None = None) -> tuple[Result, ...]:
    """The generators that the store at `uri` lacks according to this folder, as a model or as a version of `register`.

    Raises UserError where that can't be read.
    """
    return tuple(result for result in best_generators(root) if not _is_logged(root, result, uri, register))


def _is_logged(root: Path, result: Result, uri: str, register: str | None) -> bool:
    cursor = read_model(root, result.arm)
    if cursor is None or cursor.tracking_uri != without_password(uri):
        return False
    same = cursor.trial == Path(result.directory).name and cursor.run_id == result.run_id
    return same and (register is None or register in cursor.registered)


def _fid(result: Result) -> float:
    score = result.score(METRIC, "best")
    return math.nan if score is None else score.value
