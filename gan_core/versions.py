"""The versions that a result hangs on."""

import platform
from importlib import metadata

PACKAGES = ("gan-ablations", "torch", "torchvision", "torchmetrics", "numpy")


def versions() -> dict[str, str]:
    """Package -> version; a package that is not installed as such (a bare source tree) is left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
