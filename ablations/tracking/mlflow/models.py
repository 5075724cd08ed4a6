"""Each arm's best generator as a logged model of its run, once, and on request as a version of a registered model.

A model is found by a tag, so that one whose request was answered too late, or whose cursor was lost, is not logged
again. What is half done is gone on with: a model is READY when its files, its scores and the link from its run are
there.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy
from mlflow.entities import LoggedModelOutput, Metric
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from ablations.addresses import without_password
from ablations.results.results import Result
from ablations.tracking.mlflow.export import Exported, exported_generator
from ablations.tracking.mlflow.store import SHIP, Store, first_line, limits
from ablations.tracking.model_names import alias_of, model_name
from ablations.tracking.points import points_of
from ablations.workspace.cursor import Cursor, read_cursor
from ablations.workspace.model_record import FOLDER, ModelCursor, read_model, write_model
from gan_core import journal
from gan_core.events import Evaluated, Started

GENERATOR_TAG = "ablations.generator"  # the trial whose best generator it is
REGISTERED_TAG = "ablations.made"  # of a registered model that this program made, so that it may remove it
MODEL_TYPE = "gan-generator"
TAGS = ("study", "arm", "seed", "fid_protocol", "fid_stamp")  # a run's, which its model has too
DRAFTS = "exporting"  # next to the cursors
THERE = ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS")


class Logged(NamedTuple):
    """The outcome for an arm's generator. `problem`: why it was not logged; '' if it is in the store now."""

    arm: str
    problem: str = ""


def log_models(
    store: Store, root: Path, best: Sequence[Result], register: str | None, *, here: bool
) -> Iterator[Logged]:
    """Log the best run of each of these arms, register it, and report each. The caller holds the study's lock.

    One that can't be exported, or whose run the store lacks, is reported and passed over. After a store that failed,
    the rest is left. `here`: export in this process.
    """
    by_arm = {result.arm: result for result in best if _cursor(store, result) is not None}
    yield from (
        Logged(result.arm, f"the run of {result.name} is not in the store yet")
        for result in best
        if result.arm not in by_arm
    )
    if not by_arm:
        return
    drafts, left = _place_of_drafts(root), dict.fromkeys(by_arm)
    try:
        shutil.rmtree(drafts, ignore_errors=True)  # a killed process's
        drafts.mkdir(parents=True)
        with limits(SHIP):
            models = {arm: _find(store, result) for arm, result in by_arm.items()}
            lacking = {arm: Path(by_arm[arm].directory) for arm, model in models.items() if not _is_ready(model)}
            for arm in by_arm:
                if arm not in lacking:
                    _finish(store, root, by_arm[arm], models[arm], register)
                    del left[arm]
                    yield Logged(arm)
            with closing(exported_generator(lacking, drafts, here=here)) as made:
                for one in made:
                    if not one.problem:
                        model = _log(store, by_arm[one.arm], models[one.arm], one)
                        _finish(store, root, by_arm[one.arm], model, register)
                        shutil.rmtree(one.folder)
                    del left[one.arm]
                    yield Logged(one.arm, one.problem)
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        yield from (Logged(arm, first_line(error)) for arm in left)
    finally:
        shutil.rmtree(drafts, ignore_errors=True)


def _place_of_drafts(root: Path) -> Path:
    """In the study's folder, unless MLflow, which takes a model's path for an address, could not read them there."""
    if set(str(root.absolute())) & set("?%#"):
        return Path(tempfile.mkdtemp(prefix="models-"))
    return root / FOLDER / DRAFTS


def _identity(result: Result) -> str:
    return Path(result.directory).name


def _is_ready(model: Any) -> bool:
    return model is not None and str(model.status) == "READY"


def _find(store: Store, result: Result) -> Any:
    """The model of this run's best generator, whatever its status; None where there is none."""
    found = store.client.search_logged_models(
        [store.experiment_id], f"tags.`{GENERATOR_TAG}` = '{_identity(result)}'", max_results=1
    )
    return found[0] if found else None


def _log(store: Store, result: Result, begun: Any, made: Exported) -> Any:
    """Give the model its files, scores and link; a request that is made again changes nothing."""
    client, directory = store.client, Path(result.directory)
    run = client.get_run(_run_id(store, result))
    run_id = run.info.run_id
    description = Model.load(str(made.folder))
    model = begun or client.create_logged_model(
        store.experiment_id,
        name=model_name(result.arm),
        source_run_id=run_id,
        tags={GENERATOR_TAG: _identity(result), **{key: run.data.tags[key] for key in TAGS if key in run.data.tags}},
        params={**run.data.params, **{key: str(value) for key, value in (description.metadata or {}).items()}},
        model_type=MODEL_TYPE,
    )
    description.model_id, description.run_id, description.artifact_path = (
        model.model_id,
        run_id,
        model.artifact_location,
    )
    description.save(str(made.folder / "MLmodel"))
    client.log_model_artifacts(model.model_id, str(made.folder))
    if not model.metrics:
        client.log_batch(run_id, metrics=_scores(directory, model.model_id), synchronous=True)
    outputs = run.outputs.model_outputs if run.outputs else []
    if model.model_id not in [output.model_id for output in outputs]:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, _step(directory))])
    return client.finalize_logged_model(model.model_id, "READY")


def _cursor(store: Store, result: Result) -> Cursor | None:
    """The cursor of the run that the model is linked to; None where the store has no such run yet."""
    cursor = read_cursor(Path(result.directory))
    return None if cursor is None or cursor.tracking_uri != without_password(store.uri) else cursor


def _run_id(store: Store, result: Result) -> str:
    cursor = _cursor(store, result)
    assert cursor is not None  # others were passed over
    return cursor.run_id


def _finish(store: Store, root: Path, result: Result, model: Any, register: str | None) -> None:
    """Register the model where that is requested, and note where it is."""
    before = read_model(root, result.arm)
    registered = dict(before.registered) if before is not None and before.model_id == model.model_id else {}
    if register is not None:
        registered[register] = _registered(store.client, register, result, model)
    cursor = ModelCursor(
        tracking_uri=without_password(store.uri),
        experiment_id=store.experiment_id,
        run_id=_run_id(store, result),
        trial=_identity(result),
        model_id=model.model_id,
        registered=registered,
    )
    write_model(root, result.arm, cursor)


def _registered(client: Any, name: str, result: Result, model: Any) -> str:
    """The number of the model's version under this name, made where there is none; the arm is its alias."""
    try:
        client.create_registered_model(
            name, tags={REGISTERED_TAG: "yes"}, description="GAN generators: latents in, images out; an alias an arm"
        )
    except MlflowException as error:
        if error.error_code not in THERE:
            raise
    there = [v for v in client.search_model_versions(f"name = '{name}'") if v.source == model.artifact_location]
    tags = {"study": result.study, "arm": result.arm, "seed": str(result.seed)}
    version = (
        there[0]
        if there
        else client.create_model_version(
            name,
            model.artifact_location,
            run_id=model.source_run_id,
            tags=tags,
            model_id=model.model_id,
            await_creation_for=0,
        )
    )
    client.set_registered_model_alias(name, alias_of(result.arm), str(version.version))
    return str(version.version)


def _scores(directory: Path, model_id: str) -> list[Metric]:
    """The run's own points of its best generator, the same in everything, so that the run has them once."""
    events = journal.read(directory)
    start = events[0]
    assert isinstance(start, Started)
    best = [event for event in events if isinstance(event, Evaluated) and event.of == "best"]
    points = points_of(best, start.config["budget_kimg"])
    return [Metric(point.name, point.value, point.time_ms, point.step, model_id=model_id) for point in points]


def _step(directory: Path) -> int:
    """Images that D had seen when the generator was kept."""
    return next(e.generator_images for e in journal.read(directory) if isinstance(e, Evaluated) and e.of == "best")
