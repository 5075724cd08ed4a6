"""The command `schema`: parse, call, render."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.files import STDOUT, check_places, write
from ablations.cli.options import Use


def schema(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Write it there.", show_default="standard output")
    ] = STDOUT,
    use: Use = None,
) -> None:
    """The JSON schema of study files, with which an editor completes and checks them while they are written."""
    check_places({"--out": out})
    if use:
        from gan_core.plugins.permission import load_named

        load_named(use)
    from ablations.study.schema import study_schema

    write("--out", out, json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n", tell=True)
