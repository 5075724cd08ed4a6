"""Seeds in a study file: a number, a list, or the looks at which the runs are judged."""

from typing import Any, NamedTuple, get_args

from ablations.statistics import Looks
from ablations.statistics.looks import Stop
from gan_core.problems import nearest_name

MOST, MOST_LOOKS = 1000, 20
COUNT_OR_LIST = (
    "a count from 1 to 1000 (3: seeds 0, 1, 2), or a list of at most 1000 different whole numbers from 0 to 2147483647"
)
SEEDS_ALLOWED = f"{COUNT_OR_LIST}; or looks, such as {{looks: [5, 8, 12, 20], stop: decided}}"
LOOKS_ALLOWED = "looks: growing seed counts from 2 to 1000, at most 20 of them; stop: decided (as without it) or never"
KEYS = ("looks", "stop")
_COUNT, _SEED = (
    {"type": "integer", "minimum": 1, "maximum": MOST},
    {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
)
COUNT_OR_LIST_SCHEMA: dict[str, Any] = {
    "anyOf": [_COUNT, {"type": "array", "items": _SEED, "minItems": 1, "maxItems": MOST, "uniqueItems": True}]
}
LOOKS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "looks": {
            "description": "seed counts at which the study is judged, growing",
            "type": "array",
            "items": {**_COUNT, "minimum": 2},
            "minItems": 1,
            "maxItems": MOST_LOOKS,
            "uniqueItems": True,
        },
        "stop": {"description": "who gets no more seeds: decided arms, or none", "enum": list(get_args(Stop))},
    },
    "required": ["looks"],
    "additionalProperties": False,
}
SEEDS_SCHEMA: dict[str, Any] = {"anyOf": [*COUNT_OR_LIST_SCHEMA["anyOf"], LOOKS_SCHEMA]}


class SeedPlan(NamedTuple):
    """The seeds of a study, in the order of training, and when its runs are judged."""

    seeds: tuple[int, ...]
    looks: Looks


def seeds_of(value: Any) -> SeedPlan:
    """The seeds of a count, a list, or looks. Raises ValueError with what is allowed."""
    if isinstance(value, dict):
        return _with_looks(value)
    if type(value) is int and 1 <= value <= MOST:
        return SeedPlan(tuple(range(value)), Looks.of_count(value))
    seeds = value if isinstance(value, list) else []
    whole = all(type(seed) is int and 0 <= seed < 2**31 for seed in seeds)  # `type`: True is no number here
    if not 1 <= len(seeds) <= MOST or not whole or len(set(seeds)) < len(seeds):
        raise ValueError(SEEDS_ALLOWED)
    return SeedPlan(tuple(seeds), Looks.of_count(len(seeds)))


def _with_looks(words: dict[Any, Any]) -> SeedPlan:
    counts, stop = words.get("looks"), words.get("stop", "decided")
    sound = isinstance(counts, list) and all(type(count) is int and 2 <= count <= MOST for count in counts)
    for given, known in ((list(words), KEYS), ([stop], get_args(Stop))):
        if unknown := [str(word) for word in given if word not in known]:
            nearest = nearest_name(unknown[0], known)
            meant = f" (did you mean {nearest!r}?)" if nearest else ""
            raise ValueError(f"{LOOKS_ALLOWED}; {unknown[0]!r} is none of {', '.join(known)}{meant}")
    if not sound:
        raise ValueError(LOOKS_ALLOWED)
    assert isinstance(counts, list)
    if not 1 <= len(counts) <= MOST_LOOKS or counts != sorted(set(counts)):
        raise ValueError(LOOKS_ALLOWED)
    return SeedPlan(tuple(range(counts[-1])), Looks.declared(counts, stop))
