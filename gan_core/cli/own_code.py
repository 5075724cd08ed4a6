"""`--use FILE` and `--allow-code`: code of a user's own on a command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

USE = "--use"


def add_use(parser: Any) -> None:
    """Add `--use` to a parser or to a group of one."""
    parser.add_argument(
        USE,
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a file with code of your own: tricks, losses, networks, ... (docs/plugins.md); may be repeated",
    )


def add_allow_code(parser: argparse.ArgumentParser) -> None:
    """Add `--allow-code`."""
    parser.add_argument("--allow-code", action="store_true", help="run code that came with it and was never named here")


def add_own_code(parser: argparse.ArgumentParser) -> None:
    """Add both, for a command about a run that exists."""
    add_use(parser)
    add_allow_code(parser)


def used(words: Sequence[str]) -> list[str]:
    """The files that `--use` names in these words, before they are parsed: what they register has flags too."""
    files, named = [], False
    for word in words:
        if named:
            files.append(word)
        elif word.startswith(f"{USE}="):
            files.append(word.partition("=")[2])
        named = word == USE and not named
    return files


def load_own_code(arguments: argparse.Namespace, path: Path) -> None:
    """Load what `--use` names, then the code of the run at this path, if it is one. Raises UserError."""
    from gan_core.plugins.permission import load_named, load_run_code

    load_named(arguments.use)
    load_run_code(path, arguments.allow_code)
