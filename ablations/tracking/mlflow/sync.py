"""Sending what a study's folder holds to a store that lacks it: once each, however often this is run."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ablations.results.best_generators import not_logged
from ablations.tracking.mlflow.execution_run import Executions, attach, settle
from ablations.tracking.mlflow.models import log_models
from ablations.tracking.mlflow.paging import PAGE, pages
from ablations.tracking.mlflow.refresh import bring_up_to_date
from ablations.tracking.mlflow.store import SHIP, Store, first_line, limits, open_store
from ablations.tracking.mlflow.trial_run import TrialRun
from ablations.tracking.params import trial_params
from ablations.workspace.cursor import is_settled, read_cursor
from ablations.workspace.execution_record import close_forsaken
from ablations.workspace.recorded import arms_not_begun, recorded_trials
from ablations.workspace.workspace import Workspace

TRIES = 3
PAUSE_S = 3.0  # between two tries


@dataclass(frozen=True)
class Step:
    """One thing that was sent, or was there. `problem`: why it could not be sent; '' if it is there now."""

    name: str
    done: int
    of: int
    was_there: bool = False
    problem: str = ""
    is_notice: bool = False  # `name` is what the user is to know, and nothing was sent


def sync(
    workspace: Workspace, uri: str, artifact_root: Path | None, *, models: bool = False, register: str | None = None
) -> Iterator[Step]:
    """Send executions, trials and the leaderboard; a step after each. The study's lock is the caller's.

    `models`: each arm's best generator too, and as versions of the model `register` where that is given.

    What fails is tried `TRIES` times; then the rest goes on. Raises UserError if the store does not answer, or a
    trial's record can't be read.
    """
    close_forsaken(workspace.root)
    trials = recorded_trials(workspace)
    params = trial_params([*trials, *arms_not_begun(workspace, trials)])
    store = open_store(uri, workspace.record().name, artifact_root, workspace.root)
    if store.notice:
        yield Step(store.notice, 0, 0, is_notice=True)
    executions = Executions(store, workspace.root)
    work: list[tuple[str, bool, Callable[[], object]]]
    active = _active_runs(store)  # whoever deleted a run in MLflow gets it again
    work = [
        (f"execution {run.record.id}", run.is_shipped() and _run_in(run.folder) in active, run.ship)
        for run in executions.runs
    ]
    work.append(("parents of killed processes", False, partial(executions.end_forsaken, "")))
    for trial in trials:
        run = TrialRun(store, trial, params[trial.name], executions.origin)
        was_there = is_settled(trial.directory, uri) and _run_in(trial.directory) in active
        work.append((trial.name, was_there, partial(settle, run, executions)))
    for path in (workspace.leaderboard_csv, workspace.looks_json, workspace.report_html, workspace.figures):
        if executions.runs and path.exists():
            work.append((path.name, False, partial(attach, store, executions.runs[-1], path)))
    if executions.runs:
        work.append(("claims, floors and other scores", False, executions.runs[-1].keep_context))
    work.append(("views and descriptions", False, partial(bring_up_to_date, store, workspace)))
    best = not_logged(workspace.root, uri, register) if models else ()
    count = len(work) + len(best)
    with limits(SHIP):
        for number, (name, was_there, job) in enumerate(work, 1):
            problem = "" if was_there else _attempt(job)
            yield Step(name, number, count, was_there, problem)
    if not best:
        return
    for number, one in enumerate(log_models(store, workspace.root, best, register, here=False), len(work) + 1):
        yield Step(f"best generator of {one.arm}", number, count, problem=one.problem)


def _attempt(job: Callable[[], object]) -> str:
    """Why it could not be done; '' if it could."""
    for left in reversed(range(TRIES)):
        try:
            job()
        except Exception as error:  # whatever a library raises: it is reported, and the next thing is tried
            problem = first_line(error)
        else:
            return ""
        if left:
            time.sleep(PAUSE_S)
    return problem


def _active_runs(store: Store) -> set[str]:
    """The ids of the experiment's runs that have been neither deleted nor purged."""
    return {
        run.info.run_id for run in pages(partial(store.client.search_runs, [store.experiment_id], max_results=PAGE))
    }


def _run_in(folder: Path) -> str:
    """The id of the run that the folder's record names; '' without one."""
    cursor = read_cursor(folder)
    return "" if cursor is None else cursor.run_id
