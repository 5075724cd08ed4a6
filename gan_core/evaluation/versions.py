"""The versions of the libraries that compute scores."""

import importlib.metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

LIBRARIES = ("torch", "torchmetrics")


def versions(extra: tuple[str, ...] = ()) -> dict[str, str]:
    """The versions of the libraries that compute the scores; `extra`: those of the extractor."""
    return {library: importlib.metadata.version(library) for library in (*LIBRARIES, *extra)}
