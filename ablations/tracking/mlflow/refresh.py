"""What people see of a study in MLflow's UI: its views, its descriptions, a colour for every arm.

By itself MLflow opens an experiment with the children folded away under their parents, where there is nothing to draw.
For first-time visitors it opens the parents whose children say that they are evaluations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import sqlalchemy
from mlflow.entities import RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE, MLFLOW_RUN_TYPE

from ablations.addresses import without_password
from ablations.leaderboard import Leaderboard
from ablations.leaderboard.source import from_folders
from ablations.results.results import Result
from ablations.tracking.mlflow.moved import follow_folder
from ablations.tracking.mlflow.ownership import find_experiment
from ablations.tracking.mlflow.paging import PAGE, pages
from ablations.tracking.mlflow.run_tags import TRIAL_TAG
from ablations.tracking.mlflow.store import CONNECT, SHIP, Store, connect, first_line, limits
from ablations.tracking.mlflow.trial_run import Origin
from ablations.tracking.views.description import execution_text, experiment_text, rankings_of, standing_tags
from ablations.tracking.views.subject import COLOURS, Contents, colours_of, subject_of
from ablations.tracking.views.tracked import Tracked, tracked_in
from ablations.tracking.views.views import views_of
from ablations.workspace.execution_record import executions_of, read_execution
from ablations.workspace.identity import standing_of
from ablations.workspace.recorded import arms_not_begun, recorded_trials
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core.machine.files import exclusive
from gan_core.problems import Problem, UserError

VIEW_TAG = "mlflow.sharedViewState."
COLOUR_TAG = "mlflow.runColor"
OPENED = {MLFLOW_RUN_TYPE: "evaluation"}
WHERE = ("MLFLOW_TRACKING_URI",)


@dataclass(frozen=True)
class RefreshedStore:
    """What the store shows. `warning`: why it is not up to date, '' if it is."""

    tracked: Tracked
    warning: str = ""


class _Read(NamedTuple):
    """What the study's folder says, read once."""

    results: Sequence[Result]
    leaderboard: Leaderboard
    tracked: Tracked | None


def write_views(store: Store, contents: Contents) -> None:
    """Keep the views with the experiment; MLflow lists them under 'Views'."""
    for name, state in views_of(contents).items():
        store.client.set_experiment_tag(store.experiment_id, VIEW_TAG + name, state)


def with_looks(origin: Origin, arms: Sequence[str]) -> Callable[[str], Origin]:
    """The tags of a new run of an arm: its origin, and how it is shown. An arm to come has no colour yet."""
    looks = _looks_of(arms)

    def of(arm: str) -> Origin:
        return lambda begun: {**origin(begun), **looks.get(arm, OPENED)}

    return of


def bring_up_to_date(store: Store, workspace: Workspace) -> None:
    """Bring views, descriptions and colours up to this version and to the content of the study's folder.

    A colour that somebody has chosen stays: one that is none of ours.
    """
    _write(store, workspace, _read(workspace, store.uri))


def _read(workspace: Workspace, uri: str) -> _Read:
    source = from_folders([workspace.root])
    leaderboard = source.leaderboard()
    return _Read(source.results, leaderboard, tracked_in(workspace, uri, leaderboard, source.results))


def _write(store: Store, workspace: Workspace, read: _Read) -> None:
    record, tracked, trials = workspace.record(), read.tracked, trials_in_order(workspace)
    write_views(store, subject_of(record.name, trials, tracked.best if tracked is not None else ()))
    _colour(store, _looks_of(list(dict.fromkeys(trial.arm.name for trial in trials))))
    if tracked is None:
        return
    rankings = rankings_of(record, read.leaderboard)
    describe = partial(store.client.set_experiment_tag, store.experiment_id, MLFLOW_RUN_NOTE)
    describe(experiment_text(record, rankings, tracked))
    if tracked.execution:
        command = read_execution(executions_of(workspace.root)[-1]).provenance.command
        text = execution_text(record, rankings, tracked, command)
        store.client.set_tag(tracked.execution, MLFLOW_RUN_NOTE, text)
        for tag, value in standing_tags(read.leaderboard).items():
            store.client.set_tag(tracked.execution, tag, value)


def refresh(workspace: Workspace, uri: str) -> RefreshedStore | None:
    """What the store at `uri` shows of a study, brought up to date; None where it has nothing of it.

    While another process works on the study nothing is changed: that process does it. Raises UserError if the store
    does not answer.
    """
    client = connect(uri, WHERE)
    try:
        with limits(CONNECT):
            if uri == workspace.mlflow_uri:
                experiment = client.get_experiment_by_name(workspace.record().name)
            else:
                is_copy = standing_of(workspace.root) == "copy"
                experiment = None if is_copy else find_experiment(client, workspace.record().name, workspace.root)
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError) as error:
        message = f"the MLflow store {without_password(uri)} can't be read: {first_line(error, uri)}"
        raise UserError(Problem(message, WHERE)) from error
    if experiment is None or experiment.lifecycle_stage != "active":
        return None
    store = Store(client, uri, str(experiment.experiment_id))
    read = _read(workspace, uri)
    shown = read.tracked if read.tracked is not None else Tracked(store.experiment_id, "", ())
    try:
        with exclusive(workspace.lock_file, f"study {workspace.name}"), limits(SHIP):
            if uri == workspace.mlflow_uri:
                follow_folder(uri, workspace.record().name, workspace.mlartifacts)
            _write(store, workspace, read)
    except (
        UserError,
        MlflowException,
        sqlalchemy.exc.SQLAlchemyError,
    ) as error:  # who may but look sees what is there
        return RefreshedStore(shown, f"views and descriptions were not brought up to date ({first_line(error)})")
    return RefreshedStore(shown)


def trials_in_order(workspace: Workspace) -> list[Trial]:
    """The study's trials as its folder has them, the arms as its file has them, with those not begun."""
    begun = recorded_trials(workspace)
    places = {arm.name: place for place, arm in enumerate(workspace.record().arms)}
    every = [*begun, *arms_not_begun(workspace, begun)]
    return sorted(every, key=lambda trial: (places.get(trial.arm.name, len(places)), trial.arm.name, trial.seed))


def _looks_of(arms: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """The tags that show an arm's runs, by arm."""
    return {arm: {COLOUR_TAG: colour, **OPENED} for arm, colour in colours_of(arms).items()}


def _colour(store: Store, looks: Mapping[str, Mapping[str, str]]) -> None:
    found = pages(partial(store.client.search_runs, [store.experiment_id], max_results=PAGE))
    for run in [run for run in found if TRIAL_TAG in run.data.tags]:
        tags = run.data.tags
        wanted = looks.get(tags.get("arm", ""), {})
        new = [RunTag(k, v) for k, v in wanted.items() if tags.get(k) != v and tags.get(k) in (None, *COLOURS)]
        if new:
            store.client.log_batch(run.info.run_id, tags=new, synchronous=True)
