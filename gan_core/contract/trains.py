"""That a tiny run with a record trains."""

from collections.abc import Mapping
from typing import Any

from gan_core.contract.finding import Finding, judged, told
from gan_core.contract.tiny import STEPS, begun, finite, stepped


def trains(settings: Mapping[str, Any]) -> Finding:
    """A few steps, after which every weight is a number."""
    with told("trains", "a tiny run"):
        ran = stepped(begun(settings))
    return judged(
        "trains",
        finite(ran.weights),
        f"{STEPS} steps of a tiny run",
        f"a weight is not finite after {STEPS} steps of a tiny run",
        "a division by zero, or a square root or logarithm at 0, in the value or in its gradient",
    )
