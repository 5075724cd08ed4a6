"""Results from a tracking store: for whoever has its address and none of the files."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.leaderboard.context import Context
from ablations.leaderboard.source import ResultSource
from ablations.results.results import Recorded, Result, results_of
from ablations.results.summary import Summary
from ablations.tracking.mlflow.context import NotKeptError, kept_context
from ablations.tracking.mlflow.store import SHIP, connect, fetched, first_line, limits
from ablations.tracking.mlflow.trial_run import TRIAL_TAG
from ablations.tracking.run_status import OUTCOME_TAG
from ablations.tracking.tags import record_of, tagged_summary
from gan_core import journal
from gan_core.events import ENDS, AnyEvent
from gan_core.problems import Problem, UserError, nearest_name

WHERE = ("--from-mlflow",)
PAGE = 1000


def from_mlflow(uri: str, experiments: Sequence[str] = ()) -> ResultSource:
    """The trials in these experiments, or in all, and the contexts of their studies. Nothing is written to the store.

    Raises UserError if it does not answer, or has no such experiment, or no trial. Runs that were sent by a version
    which did not send enough of them are left out, and counted in the warning.
    """
    client = connect(uri)
    try:
        with limits(SHIP):
            ids = _experiment_ids(client, experiments)
            search = partial(client.search_runs, ids, run_view_type=ViewType.ACTIVE_ONLY, max_results=PAGE)
            trials = [run for run in pages(search) if TRIAL_TAG in run.data.tags]
            studies = {run.data.tags["study"]: run.info.experiment_id for run in trials}
            contexts, warnings = _contexts(client, studies)
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError) as error:
        message = f"the MLflow store {without_password(uri)} can't be read: {first_line(error)}"
        raise UserError(Problem(message, WHERE)) from error
    recorded = [one for run in trials if (one := _recorded(run)) is not None]
    left_out = len(trials) - len(recorded)
    missing = f"{left_out} runs were sent by an older version, which did not say enough of them" if left_out else ""
    if not recorded:
        raise UserError(Problem(missing or "there is no trial in this store", WHERE, source=without_password(uri)))
    return ResultSource(
        results_of(recorded),
        partial(_journal, client),
        contexts=contexts,
        warning="\n".join([*([f"{missing}: they are left out"] if missing else []), *warnings]),
    )


def _contexts(client: Any, studies: Mapping[str, str]) -> tuple[dict[str, Context], list[str]]:
    """The contexts of these studies, each kept in its experiment; and what is missing, in words."""
    found, missing = {}, []
    for study, experiment in sorted(studies.items()):
        try:
            found[study] = kept_context(client, experiment)
        except NotKeptError as why:
            missing.append(
                f"the store has no rule, claims, floors and external scores of study {study} ({why}): the "
                f"usual rule holds; `python -m ablations sync {study}`, where its files are, sends them"
            )
    return found, missing


def _experiment_ids(client: Any, names: Sequence[str]) -> list[str]:
    experiments = pages(partial(client.search_experiments, view_type=ViewType.ACTIVE_ONLY, max_results=PAGE))
    known = {experiment.name: experiment.experiment_id for experiment in experiments}
    unknown = [name for name in names if name not in known]
    if unknown:
        allowed = ", ".join(known)
        raise UserError(
            *(Problem(f"no experiment is called {n!r}", ("STUDY",), allowed, nearest_name(n, known)) for n in unknown)
        )
    return [known[name] for name in names or known]


def pages(search: Callable[..., Any]) -> Iterator[Any]:
    """Everything that a search finds, page after page."""
    token = None
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _recorded(run: Any) -> Recorded | None:
    """A run that goes on, or has been stopped, may still bear the end of an earlier attempt: it has none."""
    record = record_of(run.data.tags)
    if record is None:
        return None
    summary = tagged_summary(run.data.tags) if run.data.tags.get(OUTCOME_TAG) in ENDS else _on_the_way(run)
    return None if summary is None else Recorded(record, summary, run.info.run_id)


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
