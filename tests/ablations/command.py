"""The real command line, in this process."""

import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from ablations.__main__ import main

CONTROL = {chr(code) for code in (*range(32), 127)} - {"\n"}


@dataclass(frozen=True)
class Outcome:
    """What a command left on the screen."""

    code: int
    out: str
    err: str


def ablations(*words: object) -> Outcome:
    """`python -m ablations WORDS...`, piped."""
    out, err = io.StringIO(), io.StringIO()
    argv: Sequence[str] = ["ablations", *map(str, words)]
    code: object = 0
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


def tree(folder: Path) -> set[str]:
    """Everything in the folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
