"""The versions that a result depends on."""

import functools
import hashlib
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

PACKAGES = ("gan-ablations", "torch", "torchvision", "torchmetrics", "numpy")


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Package -> version, Python's first; a package that is not installed as such (a bare source tree) is left out."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version_of(package)
        except metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def version_of(package: str) -> str:
    """As it was installed when first asked for: reading it takes 10 ms, and every score names its libraries.

    Raises PackageNotFoundError.
    """
    return metadata.version(package)


@functools.cache
def code_digest() -> str:
    """The first 16 hex digits of a sha256 over this package's source, as it is at the first call."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
