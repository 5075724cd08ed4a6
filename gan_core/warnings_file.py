"""What a user should know of a run besides its result, such as a damaged checkpoint: `warnings.txt` in its folder.

Nobody may be watching when it happens, so it is written down; whoever shows the run's end shows it.
"""

from contextlib import suppress
from pathlib import Path

NAME = "warnings.txt"


def warn(directory: Path, text: str) -> None:
    """Add a line, if the disk allows it."""
    with suppress(OSError), open(directory / NAME, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(" ".join(text.split()) + "\n")


def warnings_since(directory: Path, time: float) -> list[str]:
    """The lines, where one was added since `time` (Unix time, s); [] otherwise."""
    path = directory / NAME
    try:
        if path.stat().st_mtime < time:
            return []
        return path.read_text(encoding="utf-8", errors="backslashreplace").splitlines()
    except OSError:
        return []
