"""`run` and `plan`: a study file, and what a command line changes in it."""

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ablations.cli.files import words_aside
from ablations.cli.options import (
    DEFAULT_RUNS,
    AsName,
    Budget,
    Data,
    ExtractorName,
    Json,
    Models,
    Offline,
    Register,
    Runs,
    Seeds,
    Settings,
    Weights,
)
from ablations.execution.options import MAX_FAILURES
from gan_core.machine.home import given_weights, machine_home
from gan_core.machine.loading import loading

if TYPE_CHECKING:
    from ablations.execution.session import ExecutionOptions
    from ablations.study.study import Study


class ExecutorName(StrEnum):
    """Where trials run."""

    processes = "processes"
    inline = "inline"
    slurm = "slurm"
    ray = "ray"


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.", show_default=False)]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Trials that run at the same time.",
        show_default="one a core; on a GPU as many as pay and fit",
    ),
]
Threads = Annotated[int | None, typer.Option(metavar="N", help="CPU threads a trial.", show_default="cores / workers")]
Device = Annotated[
    str | None, typer.Option(metavar="X", help="cpu, cuda:0 and so on.", show_default="every GPU, else cpu")
]
Executor = Annotated[
    ExecutorName,
    typer.Option(help="Where trials run: on this machine, or on a cluster (docs/clusters.md)."),
]
Cluster = Annotated[
    list[str] | None,
    typer.Option(
        "--cluster",
        metavar="KEY=VALUE",
        help="What a trial takes of a cluster: gpus=0.25, partition=gpu; may be repeated.",
        show_default=False,
    ),
]
Retrain = Annotated[bool, typer.Option("--retrain", help="Train also what another study here has trained already.")]


def run(
    study: StudyFile,
    runs: Runs = DEFAULT_RUNS,
    name: AsName = None,
    executor: Executor = ExecutorName.processes,
    cluster: Cluster = None,
    files: Annotated[
        str | None,
        typer.Option(
            "--files",
            metavar="URI",
            help="Where files travel to and from a cluster: a shared folder, or s3://, gs://.",
            show_default="the study's folder",
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            envvar="RAY_ADDRESS",
            metavar="HOST:PORT",
            help="A Ray cluster's head; auto: the one of this machine.",
            show_default=False,
        ),
    ] = None,
    workers: Workers = None,
    threads: Threads = None,
    device: Device = None,
    budget_kimg: Budget = None,
    data: Data = None,
    extractor: ExtractorName = None,
    seeds: Seeds = None,
    settings: Settings = None,
    inception_weights: Weights = None,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="ABLATIONS_STORAGE",
            metavar="URL",
            help="Optuna's storage.",
            show_default="SQLite in the study's folder",
        ),
    ] = None,
    floors: Annotated[
        bool | None,
        typer.Option(
            "--floors/--no-floors",
            help="Score real images and noise too.",
            show_default="where it takes seconds",
        ),
    ] = None,
    retrain: Retrain = False,
    hours: Annotated[
        float | None,
        typer.Option(
            metavar="H", help="Stop after so many hours; begin no look that does not fit.", show_default=False
        ),
    ] = None,
    answer_by: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Stop at 07:00 or 2030-12-31T07:00; the same for looks.", show_default=False),
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Seconds without a sign of life after which a trial is ended and taken up again.",
            show_default="10 times its usual event, at least 300",
        ),
    ] = None,
    max_failures: Annotated[
        int, typer.Option(metavar="N", min=1, help="Trials that may fail one after another before the study ends.")
    ] = MAX_FAILURES,
    with_report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html at the end.")] = True,
    offline: Offline = False,
    system_metrics: Annotated[
        bool, typer.Option("--system-metrics/--no-system-metrics", help="Note each trial's CPU time and memory.")
    ] = True,
    models: Models = True,
    register: Register = None,
    with_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="FILE",
            help="An untracked file of the code's checkout to record; may be repeated. Others are only named.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train every arm of a study that has no result yet, and rank them.

    A trial that another study has trained already, with the same configuration, data and code, is taken over. Ctrl-C
    saves the running trials; the same command goes on. MLFLOW_TRACKING_URI names a server instead of the SQLite store
    in the study's folder.
    """
    loaded = _load(study, name, budget_kimg, data, extractor, seeds, settings)
    with loading():
        from ablations.execution.deadline import deadline_of
        from ablations.execution.device_fit import refuse_unfit
        from ablations.execution.session import ExecutionOptions
        from ablations.executors.elsewhere.setting import given_files, given_ray_address
        from ablations.executors.names import ELSEWHERE
        from ablations.study.cluster import cluster_options
        from ablations.terminal.console import hand_over
        from ablations.tracking.model_names import check_register
        from ablations.workspace.execution_record import CODE
        from ablations.workspace.uncommitted import named_files
        from gan_core.envelope import enveloped
        from gan_core.workers.patience import Patience

    elsewhere = executor.value in ELSEWHERE
    options = ExecutionOptions(
        home=machine_home(),
        executor=executor.value,
        cluster=cluster_options(loaded.cluster, cluster or (), executor.value, workers, threads, device),
        files=given_files(files, elsewhere),
        ray_address=given_ray_address(ray_address, executor.value),
        workers=workers,
        threads=threads,
        device=device,
        tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or None,
        storage=storage,
        inception_weights=inception_weights or given_weights(),
        command=sys.argv,
        floors=floors,
        retrain=retrain,
        report=with_report,
        offline=offline,
        system_metrics=system_metrics,
        models=models,
        register=register,
        deadline=deadline_of(hours, answer_by),
        patience=Patience.of(patience),
        max_failures=max_failures,
        named_files=tuple(with_files or ()),
    )
    check_register(register, logged=models and not offline)
    named_files(CODE, options.named_files)
    refuse_unfit(loaded, device, elsewhere)
    with words_aside(as_json):
        end = _executed(loaded, runs, options)
    if as_json:
        hand_over(enveloped("run", end.content()))
    raise typer.Exit(0 if end.is_done else 1)


class _End(NamedTuple):
    """How an execution ended. `content`: the end as plain data, from what is in memory and on disk."""

    is_done: bool
    content: Callable[[], dict[str, Any]]


def _executed(loaded: "Study", runs: Path, options: "ExecutionOptions") -> _End:
    """Execute the study, and say what happens."""
    with loading():
        from contextlib import closing

        from ablations.documents.run import run_content
        from ablations.execution.models import log_missing_models
        from ablations.execution.session import open_session
        from ablations.terminal.console import show_warnings
        from ablations.terminal.execution_end import show_models, show_outcome
        from ablations.terminal.progress import Steps, display
        from ablations.terminal.time_budget import show_time, show_time_end
        from ablations.terminal.unreachable import settle_store
        from gan_core.workers.interrupt import Interrupt

    with open_session(loaded, runs, options) as session:
        show_warnings(session.warnings)  # at the end again, with what there is then
        show_time(session)
        settle_store(session)
        with (
            Interrupt() as interrupt,
            display(session) as shown,
            closing(session.reports(lambda: interrupt.requested, shown.step, shown.look)) as reports,
        ):
            for report in reports:
                shown.report(report)
        stopped = interrupt.requested or session.time.has_stopped(session.progress)
        try:
            show_outcome(session, stopped)
            show_time_end(session)
            if not stopped:
                show_models(log_missing_models(session, Steps()))
        finally:
            show_warnings(session.warnings)
        return _End(session.progress.is_done, partial(run_content, session, stopped))


def plan(
    study: StudyFile,
    runs: Runs = DEFAULT_RUNS,
    name: AsName = None,
    executor: Executor = ExecutorName.processes,
    cluster: Cluster = None,
    workers: Workers = None,
    threads: Threads = None,
    device: Device = None,
    budget_kimg: Budget = None,
    data: Data = None,
    extractor: ExtractorName = None,
    seeds: Seeds = None,
    settings: Settings = None,
    retrain: Retrain = False,
    as_json: Json = False,
) -> None:
    """Show arms, seeds, trials, what the seeds can show, and the time it will take, from runs or a short measurement.

    Nothing is trained.
    """
    loaded = _load(study, name, budget_kimg, data, extractor, seeds, settings)
    with loading():
        from ablations.documents.plan import plan_content
        from ablations.execution.device_fit import refuse_unfit
        from ablations.execution.places import resources_of
        from ablations.executors.names import ELSEWHERE
        from ablations.plan import plan_of
        from ablations.plan_cluster import measuring_places
        from ablations.results.journal_mending import reader_warnings
        from ablations.study.cluster import cluster_options
        from ablations.terminal.console import hand_over, show_warnings
        from ablations.terminal.plan import show_plan
        from gan_core.envelope import enveloped

    elsewhere = executor.value in ELSEWHERE
    needs = cluster_options(loaded.cluster, cluster or (), executor.value, workers, threads, device)
    refuse_unfit(loaded, device, elsewhere)
    resources = measuring_places(needs) if elsewhere else resources_of(loaded, workers, threads, device)
    on_cluster = (executor.value, needs) if elsewhere else None
    with words_aside(as_json):
        planned = plan_of(loaded, runs, machine_home(), resources, retrain, on_cluster)
    show_warnings(reader_warnings(runs / loaded.name))
    if as_json:
        show_warnings(planned.study.warnings)
        hand_over(enveloped("plan", plan_content(planned)))
    else:
        show_plan(planned)


def _load(
    study: Path,
    name: str | None,
    budget_kimg: float | None,
    data: str | None,
    extractor: str | None,
    seeds: int | None,
    settings: list[str] | None,
) -> "Study":
    """The study as the command line changes it. A file that can't be read is told before the trainer is loaded."""
    from ablations.study.overrides import Overrides, settings_in
    from ablations.study.yaml_source import read_yaml

    overrides = Overrides(budget_kimg, data, extractor, seeds, settings_in(settings or ()))
    source = read_yaml(study)
    with loading():
        from ablations.study.study import study_of

    return study_of(source, name, overrides)
