"""The commands: parse, call, render. No logic."""

from collections.abc import Callable

import typer

from ablations.cli.cache import cache_app
from ablations.cli.data import data_app
from ablations.cli.delete import delete
from ablations.cli.evaluate import evaluate
from ablations.cli.export import adopt, export, verify
from ablations.cli.extractor import extractor_app
from ablations.cli.leaderboard import leaderboard
from ablations.cli.options import Use
from ablations.cli.report import compare, report
from ablations.cli.run import plan, run
from ablations.cli.sample import sample
from ablations.cli.schema import schema
from ablations.cli.scrub import scrub
from ablations.cli.server import server
from ablations.cli.sync import sync
from ablations.cli.ui import ui

app = typer.Typer(
    name="ablations",
    help="Ablation studies of GAN training tricks: several seeds, FID with its protocol, statistics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cache_app, name="cache")
app.add_typer(data_app, name="data")
app.add_typer(extractor_app, name="extractor")
COMMANDS: tuple[Callable[..., None], ...] = (
    *(run, plan, leaderboard, report, compare, ui, sample, evaluate),
    *(export, adopt, verify, server, sync, scrub, delete, schema),
)
for command in COMMANDS:
    app.command()(command)


@app.command()
def tricks(use: Use = None) -> None:
    """The catalog: every trick and choice with its options, paper, needs and excludes."""
    from ablations.terminal.catalog import show_catalog
    from gan_core.config import catalog
    from gan_core.plugins.permission import load_named

    load_named(use or ())
    show_catalog(catalog.tricks(), catalog.levels(), catalog.choices())


@app.command()
def version() -> None:
    """The versions of this tool and of the packages that its numbers depend on."""
    from ablations.terminal.catalog import show_versions
    from ablations.workspace.provenance import PACKAGES
    from gan_core.machine.versions import versions

    show_versions(versions(PACKAGES))
