"""The command `sample`: parse, call, render."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.options import DEFAULT_RUNS, AllowCode, Runs


class Which(StrEnum):
    """Which of a run's weights."""

    best = "best"
    last = "last"


def sample(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A trial's folder, or STUDY/ARM-seedN.")],
    n: Annotated[int, typer.Option("--n", metavar="N", help="How many images.")] = 64,
    out: Annotated[Path, typer.Option(metavar="PNG", help="Where the grid goes.")] = Path("grid.png"),
    which: Annotated[
        Which, typer.Option(help="The generator with the best score on the way, or the last.")
    ] = Which.best,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the latents.")] = 0,
    runs: Runs = DEFAULT_RUNS,
    allow_code: AllowCode = False,
    device: Annotated[str, typer.Option(metavar="X", help="cpu, cuda:0, ...")] = "cpu",
) -> None:
    """Draw samples from the generator of a run, as one grid."""
    from ablations.terminal.console import say
    from ablations.workspace.find_run import find_run
    from gan_core.plugins.permission import load_run_code
    from gan_core.show.sample import sample as draw

    found = find_run(run, runs)
    load_run_code(found, allow_code)
    say(f"written: {draw(found, n, out, which.value, seed, device)}")
