"""A helper process whose work is of use to its parent alone ends with it, however the parent ended."""

import multiprocessing
import os
import threading
from collections.abc import Callable


def end_with_parent() -> None:
    """From now on this process ends at once when its parent has ended. To be called in the child."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_outlive, args=(parent.join,), name="parent", daemon=True).start()


def _outlive(join: Callable[[], None]) -> None:
    join()
    os._exit(1)
