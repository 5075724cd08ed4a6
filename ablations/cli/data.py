"""The commands about data sets."""

from pathlib import Path
from typing import Annotated

import typer

from gan_core.machine.home import machine_home

data_app = typer.Typer(help="Data sets: fetch them, list them.", no_args_is_help=True)


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(metavar="DATA", help="The data set's name.")] = "fashion-mnist",
    look_in: Annotated[
        list[Path] | None, typer.Option("--from", metavar="DIR", help="A folder to look in before all others.")
    ] = None,
) -> None:
    """Bring a data set onto this machine: found, downloaded or unpacked, and verified."""
    from ablations.terminal.catalog import show_places
    from ablations.terminal.console import say
    from gan_core import datasets

    show_places(name, datasets.fetch(name, machine_home(), say, tuple(look_in or ())))


@data_app.command("list")
def data_list() -> None:
    """The data sets, and which of them are on this machine."""
    from ablations.terminal.catalog import show_data
    from gan_core import datasets

    show_data([datasets.status(name, machine_home()) for name in datasets.DATASETS])
