"""The cache of what is known of real images, as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from ablations.terminal.console import out

if TYPE_CHECKING:
    from gan_core.evaluation.cache import CacheEntry

MEGABYTE = 1e6


def show_cache(entries: Sequence["CacheEntry"]) -> None:
    """One line for each file."""
    if not entries:
        out.print("nothing is kept yet")
        return
    table = Table("data", "extractor", "what", "MB", "state", "file")
    for entry in entries:
        said = [entry.key.get(name, "?") for name in ("data", "extractor", "what")]
        state = "sound" if entry.sound else "damaged: computed again when it is needed"
        table.add_row(*said, f"{entry.size / MEGABYTE:.1f}", state, str(entry.path))
    out.print(table)
    out.print(f"{len(entries)} files, {sum(entry.size for entry in entries) / MEGABYTE:.1f} MB")


def show_cleared(files: int, size: int) -> None:
    """How many files and bytes were removed."""
    out.print(f"{files} files removed, {size / MEGABYTE:.1f} MB")
