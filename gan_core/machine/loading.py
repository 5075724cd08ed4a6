"""Imports of large libraries, without looking for garbage among what they make: it stays as long as the process."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

REPORTS_LEAKS = "triton"  # its bindings print a page of leaks where the last collection left something alone


@contextmanager
def loading() -> Iterator[None]:
    """No garbage collection within; afterwards no later one looks at what there is now, not even at the very end.

    PyTorch makes a quarter of a million objects at its import. To go through them several times, and again when the
    process ends, takes half as long as the import itself.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if REPORTS_LEAKS not in sys.modules:
            gc.freeze()
        if was_enabled:
            gc.enable()
