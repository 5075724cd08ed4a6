"""The command `schema`: parse, call, render."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.files import STDOUT, check_places, write


def schema(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write it there; - is the standard output.")] = (
        STDOUT
    ),
) -> None:
    """The JSON schema of study files, with which an editor completes and checks them while they are written."""
    from ablations.study.schema import study_schema

    check_places({"--out": out})
    write("--out", out, json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n", tell=True)
