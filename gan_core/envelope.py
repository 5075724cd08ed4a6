"""What `--json` prints: one document, in an envelope that says what it is, in which version, and what made it."""

import json
import math
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from gan_core.machine.versions import version_of

PACKAGE = "gan-ablations"
# Grows when a key of the content goes away or changes its meaning, not when one is added. Versions 1 and 2 of the
# leaderboard had no envelope
VERSIONS: Mapping[str, int] = {"run": 1, "plan": 1, "leaderboard": 3, "evaluation": 1}


def enveloped(kind: str, content: Mapping[str, Any]) -> str:
    """The document as text, with a newline at its end. A number that is none (NaN, infinite) is null in it."""
    document = {
        "format": f"{PACKAGE}/{kind}",
        "version": VERSIONS[kind],
        "made_by": _made_by(),
        "content": _plain(content),
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _made_by() -> str:
    try:
        return f"{PACKAGE} {version_of(PACKAGE)}"
    except metadata.PackageNotFoundError:  # a bare source tree
        return PACKAGE


def _plain(value: Any) -> Any:
    """JSON's own types, with text for keys and paths."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
