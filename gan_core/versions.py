"""The versions that a result hangs on."""

import platform
from collections.abc import Sequence
from importlib import metadata

PACKAGES = ("gan-ablations", "torch", "torchvision", "torchmetrics", "numpy")


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Package -> version, Python's first; a package that is not installed as such (a bare source tree) is left out."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
