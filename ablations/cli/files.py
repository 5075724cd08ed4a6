"""Where a command writes what it was asked for: a file, or the standard output."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from gan_core.problems import Problem, UserError

STDOUT = Path("-")


@contextmanager
def words_aside(aside: bool) -> Iterator[None]:
    """Within it what is said goes to standard error, where standard output is to hold one document alone."""
    if not aside:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


def check_places(files: Mapping[str, Path | None]) -> None:
    """Refuse, before anything is read, a place that can't be written to; `files` by option."""
    to_stdout = [option for option, path in files.items() if path == STDOUT]
    if len(to_stdout) > 1:
        raise UserError(Problem("only one of them can go to the standard output", (", ".join(to_stdout),)))
    for option, path in files.items():
        if path is not None and path != STDOUT and (path.is_dir() or not path.parent.is_dir()):
            why = "it is a folder" if path.is_dir() else f"there is no {path.parent}"
            raise UserError(Problem(f"{path} can't be written: {why}", (option,)))


def write(option: str, path: Path, text: str, tell: bool) -> None:
    """Hand the text over; `tell`: say which file was written. Raises UserError where it can't be."""
    from ablations.terminal.console import hand_over, say
    from gan_core.machine.files import write_text

    if path == STDOUT:
        hand_over(text)
        return
    try:
        write_text(path, text, shared=True)
    except OSError as error:
        raise UserError(Problem(f"{path} can't be written: {error.strerror}", (option,))) from error
    if tell:
        say(f"written: {path}")
