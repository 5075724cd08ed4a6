"""Results from a tracking store, for readers who have its address and none of the files."""

import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.leaderboard.context import Context
from ablations.leaderboard.source import ResultSource
from ablations.results.results import Recorded, Result, results_of
from ablations.results.summary import Summary
from ablations.tracking.mlflow.context import NotKeptError, kept_context
from ablations.tracking.mlflow.paging import PAGE, pages
from ablations.tracking.mlflow.run_tags import EXECUTION, FOLDER_TAG, KIND_TAG, PLACE_TAG, TRIAL_TAG
from ablations.tracking.mlflow.store import SHIP, connect, fetched, first_line, limits
from ablations.tracking.run_status import OUTCOME_TAG
from ablations.tracking.tags import record_of, tagged_summary
from ablations.workspace.identity import short
from gan_core import journal
from gan_core.events import ENDS, AnyEvent
from gan_core.problems import Problem, UserError, nearest_name

WHERE = ("--from-mlflow",)
InExperiment: TypeAlias = tuple[str, str]  # an experiment's id, and the name of a study in it


def from_mlflow(uri: str, experiments: Sequence[str] = ()) -> ResultSource:
    """The trials in these experiments, or in all, and the contexts of their studies. Nothing is written to the store.

    A study's name may be that of several folders, each with an experiment of its own: they are studies of their own
    here, NAME@abcd. NAME asks for all of them, NAME@abcd for that one.

    Raises UserError if it does not answer, or has no such experiment, or no trial. Runs that were sent by a version
    which did not send enough of them are left out, and counted in the warning.
    """
    client = connect(uri)
    try:
        with limits(SHIP):
            wanted = {each.experiment_id: each for each in _experiments(client, experiments)}
            search = partial(client.search_runs, list(wanted), run_view_type=ViewType.ACTIVE_ONLY, max_results=PAGE)
            trials = [run for run in pages(search) if TRIAL_TAG in run.data.tags] if wanted else []
            studies = _told_apart({(run.info.experiment_id, run.data.tags["study"]) for run in trials}, wanted)
            contexts, warnings = _contexts(client, studies)
            owners = _owners(client, studies)
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError) as error:
        message = f"the MLflow store {without_password(uri)} can't be read: {first_line(error, uri)}"
        raise UserError(Problem(message, WHERE)) from error
    recorded = [one for run in trials if (one := _recorded(run, studies)) is not None]
    left_out = len(trials) - len(recorded)
    missing = f"{left_out} runs were sent by an older version, which did not say enough of them" if left_out else ""
    if not recorded:
        raise UserError(Problem(missing or "there is no trial in this store", WHERE, source=without_password(uri)))
    return ResultSource(
        results_of(recorded),
        partial(_journal, client),
        contexts=contexts,
        warning="\n".join([*([f"{missing}: they are left out"] if missing else []), *owners, *warnings]),
    )


def _told_apart(studies: Iterable[InExperiment], experiments: Mapping[str, Any]) -> dict[InExperiment, str]:
    """What each study in an experiment is called here: its name, unless another experiment has one of that name."""
    by_name: dict[str, list[InExperiment]] = {}
    for experiment, name in sorted(studies):
        by_name.setdefault(name, []).append((experiment, name))
    found = {}
    for name, same in by_name.items():
        owners = [short(experiments[one].tags.get(FOLDER_TAG, "")) for one, _ in same]
        for (experiment, _), owner in zip(same, owners, strict=True):
            is_told = bool(owner) and owners.count(owner) == 1
            apart = f"{name}@{owner}" if is_told else str(experiments[experiment].name)
            found[experiment, name] = name if len(same) == 1 else apart
    return found


def _owners(client: Any, studies: Mapping[InExperiment, str]) -> list[str]:
    """Of studies that have one name: whose each is, in a line."""
    lines = []
    for (experiment, name), study in studies.items():
        if [other for _, other in studies].count(name) > 1:
            kind = f"tags.`{KIND_TAG}` = '{EXECUTION}'"
            newest = client.search_runs([experiment], kind, max_results=1, order_by=["attributes.start_time DESC"])
            tags = newest[0].data.tags if newest else {}
            by = f"by {tags.get('mlflow.user', 'somebody')} from {tags.get(PLACE_TAG, 'somewhere')}"
            lines.append(f"more than one folder has sent a study {name}: {study} was sent {by}")
    return lines


def _contexts(client: Any, studies: Mapping[InExperiment, str]) -> tuple[dict[str, Context], list[str]]:
    """The contexts of these studies, each kept in its experiment; and what is missing, in words."""
    found, missing = {}, []
    for (experiment, name), study in sorted(studies.items()):
        try:
            found[study] = kept_context(client, experiment)
        except NotKeptError as why:
            missing.append(
                f"the store has no rule, claims, floors and external scores of study {study} ({why}): the "
                f"usual rule holds; `python -m ablations sync {name}`, where its files are, sends them"
            )
    return found, missing


def _experiments(client: Any, names: Sequence[str]) -> list[Any]:
    search = partial(client.search_experiments, view_type=ViewType.ACTIVE_ONLY, max_results=PAGE)
    there = {experiment.name: experiment for experiment in pages(search)}
    found: dict[str, Any] = {}
    unknown = []
    for name in names:
        asked = {own: each for own, each in there.items() if _is_asked(name, each, there)}
        found |= asked
        if not asked:
            message, nearest = f"no experiment is called {name!r}", nearest_name(name, there)
            unknown.append(Problem(message, ("STUDY",), ", ".join(there), nearest))
    if unknown:
        raise UserError(*unknown)
    return list((found if names else there).values())


def _is_asked(name: str, experiment: Any, there: Collection[str]) -> bool:
    """Whether the user's words mean it: by its name, by NAME for all folders', by NAME@abcd for that folder's."""
    study, _, own = name.rpartition("@")
    owner = experiment.tags.get(FOLDER_TAG, "")
    if name not in there:
        return bool(study and own) and experiment.name == study and owner.startswith(own)
    first, _, other = experiment.name.rpartition("@")
    return experiment.name == name or (first == name and bool(other) and owner.startswith(other))


def _recorded(run: Any, studies: Mapping[InExperiment, str]) -> Recorded | None:
    """A run that goes on, or has been stopped, may still bear the end of an earlier attempt: it has none."""
    record = record_of(run.data.tags)
    if record is None:
        return None
    summary = tagged_summary(run.data.tags) if run.data.tags.get(OUTCOME_TAG) in ENDS else _on_the_way(run)
    if summary is None:
        return None
    study = studies[run.info.experiment_id, run.data.tags["study"]]
    return Recorded(record.model_copy(update={"study": study}), summary, run.info.run_id)


def _on_the_way(run: Any) -> Summary:
    return Summary(kimg=run.data.metrics.get("kimg"), data_digest=run.data.params.get("data_digest"))


def _journal(client: Any, result: Result) -> list[AnyEvent]:
    """The events of an ended run, from the journal that the store keeps with it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            fetched(client, str(result.run_id), journal.NAME, folder)
        except (MlflowException, OSError) as error:
            message = f"the journal of {result.name} can't be had from the store: {first_line(error)}"
            raise UserError(Problem(message, WHERE)) from error
        return journal.read(Path(folder))
