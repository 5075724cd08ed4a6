"""Files that are whole or not there at all."""

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Put `text` into the file in one step: a reader, or a crash, meets the old content or the new."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:  # the place is a folder, the disk is full
        temporary.unlink(missing_ok=True)
        raise
