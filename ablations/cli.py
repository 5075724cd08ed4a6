"""The commands: parse, call, render. No logic."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli_cache import cache_app
from ablations.cli_data import data_app
from ablations.cli_delete import delete
from ablations.cli_evaluate import evaluate
from ablations.cli_export import adopt, export, verify
from ablations.cli_leaderboard import leaderboard
from ablations.cli_report import compare, report
from ablations.cli_run import plan, run
from ablations.cli_sample import sample
from ablations.cli_server import server
from ablations.cli_sync import sync

app = typer.Typer(
    name="ablations",
    help="Ablation studies of GAN training tricks: several seeds, FID with its protocol, statistics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cache_app, name="cache")
app.add_typer(data_app, name="data")
for command in (run, plan, leaderboard, report, compare, sample, evaluate, export, adopt, verify, server, sync, delete):
    app.command()(command)


StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A study file, a study's name or its folder.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where studies keep their results.")]
DEFAULT_RUNS = Path("runs")


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
