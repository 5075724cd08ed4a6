"""Seeds in a study file: a number, or a list."""

from typing import Any

SEEDS_ALLOWED = "a count from 1 to 1000 (3: seeds 0, 1, 2), or a list of different whole numbers from 0 to 2147483647"


def seeds_of(value: Any) -> tuple[int, ...]:
    """The seeds of a count or a list. Raises ValueError with what is allowed."""
    if type(value) is int and 1 <= value <= 1000:
        return tuple(range(value))
    seeds = value if isinstance(value, list) else []
    whole = all(type(seed) is int and 0 <= seed < 2**31 for seed in seeds)  # `type`: True is no number here
    if not seeds or not whole or len(set(seeds)) < len(seeds):
        raise ValueError(SEEDS_ALLOWED)
    return tuple(seeds)
