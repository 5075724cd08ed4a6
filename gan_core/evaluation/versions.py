"""The versions of the libraries that compute scores."""

from gan_core.machine.versions import version_of

LIBRARIES = ("torch", "torchmetrics")


def versions(extra: tuple[str, ...] = ()) -> dict[str, str]:
    """The versions of the libraries that compute the scores; `extra`: those of the extractor.

    The local part of a version (`+cpu`, `+cu130`) says how a library was packed and not what it computes, so scores of
    an image with torch 2.15.0+cpu and of plain 2.15.0 have one stamp.
    """
    return {library: version_of(library).partition("+")[0] for library in (*LIBRARIES, *extra)}
