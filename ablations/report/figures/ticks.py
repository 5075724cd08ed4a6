"""The ticks of a logarithmic axis: round numbers, few of them, also within less than a decade."""

import math
from collections.abc import Sequence

STEPS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
)
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100)


def log_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """At least `wanted` round numbers in [low, high] where the finest grid has them, from the coarsest that does."""
    found: list[float] = []
    for steps in STEPS:
        decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        found = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(found) >= wanted:
            return found
    if len(found) >= 2:
        return found
    step = 10.0 ** math.floor(math.log10((high - low) / 2))  # a range that hardly has a ratio
    first = math.ceil(low / step)
    return [step * n for n in range(first, math.floor(high / step) + 1)]


def linear_ticks(high: float, most: int) -> list[float]:
    """Round numbers from 0 to `high`, at most `most` of them."""
    least = high / max(1, most - 1)
    decade = 10.0 ** math.floor(math.log10(least))
    step = next(factor * decade for factor in (1, 2, 2.5, 5, 10) if factor * decade >= least * (1 - 1e-9))
    return [step * n for n in range(math.floor(high / step + 1e-9) + 1)]


def ratio_ticks(low: float, high: float, most: int) -> list[float]:
    """Round ratios in [low, high], 1 among them where it lies there, no two closer than a `most`th of the axis."""
    span = math.log(high / low) / most
    chosen: list[float] = []
    for ratio in sorted(_ratios(low, high), key=lambda r: (r != 1, abs(math.log(r)))):
        if low <= ratio <= high and all(abs(math.log(ratio / other)) >= span for other in chosen):
            chosen.append(ratio)
    return sorted(chosen)


def _ratios(low: float, high: float) -> Sequence[float]:
    """RATIOS, and powers of 10 outside their range."""
    beyond = [10.0**n for n in range(-12, 13) if abs(n) > 2]
    return [*RATIOS, *(ratio for ratio in beyond if low <= ratio <= high)]
