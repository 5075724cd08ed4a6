"""The commands: parse, call, render. No logic."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli_cache import cache_app
from ablations.cli_data import data_app
from ablations.cli_evaluate import evaluate
from ablations.cli_export import adopt, export, verify
from ablations.cli_leaderboard import leaderboard
from ablations.cli_report import compare, report
from ablations.cli_sample import sample
from ablations.cli_server import server
from ablations.cli_sync import sync
from gan_core.cli import given_weights, machine_home

app = typer.Typer(
    name="ablations",
    help="Ablation studies of GAN training tricks: several seeds, FID with its protocol, statistics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cache_app, name="cache")
app.add_typer(data_app, name="data")
app.command()(leaderboard)
app.command()(report)
app.command()(compare)
app.command()(sample)
app.command()(server)
app.command()(sync)
app.command()(evaluate)
app.command()(export)
app.command()(adopt)
app.command()(verify)


class ExecutorName(StrEnum):
    """Where trials run."""

    processes = "processes"
    inline = "inline"


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.", show_default=False)]
StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A study file, a study's name or its folder.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where studies keep their results.")]
AsName = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Keep the results under this name.")]
Workers = Annotated[int | None, typer.Option(metavar="N", help="Trials side by side [default: one a core or GPU].")]
Threads = Annotated[int | None, typer.Option(metavar="N", help="CPU threads a trial [default: cores / workers].")]
Device = Annotated[str | None, typer.Option(metavar="X", help="cpu, cuda:0, ... [default: every GPU, else cpu].")]
Budget = Annotated[float | None, typer.Option("--budget-kimg", metavar="X", help="Another budget for all arms.")]
Data = Annotated[str | None, typer.Option("--data", metavar="DATA", help="Other data: a name, or folder:PATH.")]
ExtractorName = Annotated[str | None, typer.Option("--extractor", metavar="NAME", help="Another extractor.")]
Retrain = Annotated[bool, typer.Option("--retrain", help="Train also what another study here has trained already.")]
Seeds = Annotated[int | None, typer.Option("--seeds", metavar="N", help="Another number of seeds: 0 to N - 1.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another setting for all arms; may be repeated.")
]
Weights = Annotated[
    Path | None, typer.Option("--inception-weights", metavar="FILE", help="Inception's weights [default: downloaded].")
]
DEFAULT_RUNS = Path("runs")


@app.command()
def run(
    study: StudyFile,
    runs: Runs = DEFAULT_RUNS,
    name: AsName = None,
    executor: Annotated[ExecutorName, typer.Option(help="Where trials run.")] = ExecutorName.processes,
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
            envvar="ABLATIONS_STORAGE", metavar="URL", help="Optuna's storage [default: SQLite in the study's folder]."
        ),
    ] = None,
    floors: Annotated[
        bool | None,
        typer.Option(
            "--floors/--no-floors",
            help="Score real images and noise too [default: where it takes seconds].",
            show_default=False,
        ),
    ] = None,
    retrain: Retrain = False,
    with_report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html at the end.")] = True,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave MLflow alone; `sync` sends everything later.")
    ] = False,
    system_metrics: Annotated[
        bool, typer.Option("--system-metrics/--no-system-metrics", help="Note each trial's CPU time and memory.")
    ] = True,
) -> None:
    """Train every arm of a study that has no result yet, and rank them.

    A trial that another study has trained already, with the same configuration, data and code, is taken over. Ctrl-C
    saves the running trials; the same command goes on. MLFLOW_TRACKING_URI names a server instead of the SQLite store
    in the study's folder.
    """
    from contextlib import closing

    from ablations.overrides import Overrides, settings_in
    from ablations.render.away import settle_store
    from ablations.render.display import display
    from ablations.render.outcome import show_outcome
    from ablations.session import Options, open_session
    from ablations.study import load_study
    from gan_core.interrupt import Interrupt

    options = Options(
        home=machine_home(),
        executor=executor.value,
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
    )
    loaded = load_study(study, name, Overrides(budget_kimg, data, extractor, seeds, settings_in(settings or ())))
    with open_session(loaded, runs, options) as session:
        settle_store(session)
        with (
            Interrupt() as interrupt,
            display(session) as shown,
            closing(session.reports(lambda: interrupt.requested, shown.step)) as reports,
        ):
            for report in reports:
                shown.report(report)
        show_outcome(session, stopped=interrupt.requested)
    raise typer.Exit(0 if session.progress.is_done else 1)


@app.command()
def plan(
    study: StudyFile,
    runs: Runs = DEFAULT_RUNS,
    name: AsName = None,
    workers: Workers = None,
    threads: Threads = None,
    device: Device = None,
    budget_kimg: Budget = None,
    data: Data = None,
    extractor: ExtractorName = None,
    seeds: Seeds = None,
    settings: Settings = None,
    retrain: Retrain = False,
) -> None:
    """Show arms, seeds, trials, what the seeds can show, and the time it will take, from a short measurement.

    Nothing is trained.
    """
    from ablations.overrides import Overrides, settings_in
    from ablations.plan import plan_of
    from ablations.render.plan import show_plan
    from ablations.resources import share
    from ablations.study import load_study

    loaded = load_study(study, name, Overrides(budget_kimg, data, extractor, seeds, settings_in(settings or ())))
    resources = share(loaded.most_trials, workers, threads, device)
    show_plan(plan_of(loaded, runs, machine_home(), resources, retrain))


@app.command()
def tricks() -> None:
    """The catalog: every trick and choice with its options, paper, needs and excludes."""
    from ablations.render.catalog import show_catalog
    from gan_core import catalog

    show_catalog(catalog.tricks(), catalog.levels(), catalog.choices())


@app.command()
def ui(
    study: StudyName,
    runs: Runs = DEFAULT_RUNS,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Port on 127.0.0.1.")] = 5000,
) -> None:
    """Start MLflow's own UI on a study's store, on this machine only."""
    import subprocess

    from ablations.render.links import show_links
    from ablations.tracking.cursor import experiment_of
    from ablations.tracking.mlflow_ui import ui_command, view_address
    from ablations.workspace import find_workspace

    workspace = find_workspace(study, runs)
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{workspace.mlflow_db.absolute()}"
    command = ui_command(uri, workspace.mlartifacts, port)
    show_links(view_address, f"http://127.0.0.1:{port}", experiment_of(workspace.trials))
    try:
        raise typer.Exit(subprocess.run(command, check=False).returncode)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
def version() -> None:
    """The versions of this tool and of what its numbers hang on."""
    from ablations.provenance import PACKAGES
    from ablations.render.catalog import show_versions
    from gan_core.versions import versions

    show_versions(versions(PACKAGES))
