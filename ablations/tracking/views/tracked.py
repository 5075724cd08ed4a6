"""What a tracking store has of a study, according to its folder: the runs that a link may lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.addresses import without_password
from ablations.leaderboard import Leaderboard
from ablations.results.results import Result
from ablations.study.block_names import arm_in_block
from ablations.workspace.cursor import Cursor, read_cursor
from ablations.workspace.execution_record import executions_of
from ablations.workspace.workspace import Workspace


@dataclass(frozen=True)
class Tracked:
    """`execution`: the run of the last execution, '' where the store has none.

    `best`: each arm's best run, best arm first.
    """

    experiment_id: str
    execution: str
    best: tuple[str, ...]


def tracked_in(workspace: Workspace, uri: str, leaderboard: Leaderboard, results: Sequence[Result]) -> Tracked | None:
    """What the store at `uri` has as far as this folder knows; None for nothing.

    A study's own store may have moved with it.
    """
    anywhere = uri == workspace.mlflow_uri

    def of(folder: Path) -> Cursor | None:
        cursor = read_cursor(folder)
        is_there = cursor is not None and (anywhere or cursor.tracking_uri == without_password(uri))
        return cursor if is_there else None

    executions = [cursor for folder in executions_of(workspace.root) if (cursor := of(folder)) is not None]
    trials = [cursor for folder in sorted(workspace.trials.glob("*")) if (cursor := of(folder)) is not None]
    if not executions and not trials:
        return None
    ids = {cursor.run_id for cursor in trials}
    best = (run for run in best_runs(leaderboard, results) if run in ids)
    last = executions[-1].run_id if executions else ""
    return Tracked([*executions, *trials][-1].experiment_id, last, tuple(best))


def best_runs(leaderboard: Leaderboard, results: Sequence[Result]) -> list[str]:
    """Ids of the runs with each ranked arm's lowest FID, in the order of the ranks; arms in no store are left out."""
    ids = {(result.study, result.arm, result.seed): result.run_id for result in results}
    found = []
    for table in leaderboard.tables:
        for row in sorted((row for row in table.rows if row.rank is not None), key=lambda row: row.rank or 0):
            seed = min(row.scores, key=lambda seed: (row.scores[seed], seed))
            found.append(ids[table.study, arm_in_block(row.arm, table.block), seed])
    return [run for run in found if run is not None]
