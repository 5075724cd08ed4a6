"""A mistake that is told before anything has trained leaves no folders behind."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ablations.workspace import Workspace
from gan_core.problems import UserError


@contextmanager
def leaving_no_traces(root: Path) -> Iterator[None]:
    """Where a UserError ends the body before there are results, `root` and what was made for it are removed.

    Folders that were there before stay.
    """
    made = [folder for folder in (root, *root.parents) if not folder.exists()]  # innermost first
    try:
        yield
    except UserError:
        if root in made and not Workspace(root).has_results():
            shutil.rmtree(root, ignore_errors=True)  # it may not have come to be
            for folder in made[1:]:
                with suppress(OSError):  # somebody uses it by now, or it was never made
                    folder.rmdir()
        raise
