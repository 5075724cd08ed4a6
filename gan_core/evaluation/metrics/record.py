"""What is known of a metric: one number, where it may lie, and how it is measured.

Which way is better stands in `evaluation/names.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal, NamedTuple

from gan_core.evaluation.generated import Kept, Sample
from gan_core.evaluation.reals import Reals

Options = dict[str, int]


class Value(NamedTuple):
    """`error`: the standard error of `value` under other draws of the images; None where it is not estimated."""

    value: float
    error: float | None = None


Measure = Callable[[Reals, Sample, Options], Mapping[str, Value]]


@dataclass(frozen=True)
class Metric:
    """A metric by name.

    `options(n_fake, n_real)` are the numbers that it adds to the protocol. `measure` gives its value under its name.
    Numbers that come from one computation are several metrics with one `measure`, which then runs once; it leaves
    the global random state as it was, and is not called where features were not finite. `keeps`: what it needs of every
    single image; moments and class counts are there always. `against`: the real images that it compares with where a
    run is trained on a part of them: all, as whoever asks how well G draws the distribution; or those that were trained
    on, as whoever asks what it repeats. `needs_labels`: it compares by the class that G was told to draw, and so
    is measured of a conditional G alone.
    """

    name: str
    title: str
    bounds: tuple[float, float]
    paper: str
    cost: str  # in words, beside the forward passes of the extractor
    reads: Literal["features", "logits"]
    needs_reference: bool
    against: Literal["all", "trained"] = field(default="all", kw_only=True)
    options: Callable[[int, int], Options] = field(repr=False)
    measure: Measure = field(repr=False)
    keeps: tuple[Kept, ...] = ()
    needs_labels: bool = False


def value_of(metric: Metric, values: object) -> Value:
    """The metric's own among what its `measure` gave. Raises TypeError, in words, where that is none."""
    wanted = f"measure of the metric {metric.name!r} has to give {{{metric.name!r}: Value(number)}}"
    if not isinstance(values, Mapping):
        raise TypeError(f"{wanted}, and gives {type(values).__name__}")
    if metric.name not in values:
        raise TypeError(f"{wanted}, and gives {', '.join(map(repr, values)) or 'nothing'}")
    value = values[metric.name]
    if not isinstance(value, Value):
        raise TypeError(f"{wanted}, and gives {type(value).__name__} in place of Value(...)")
    if not isinstance(value.value, Real):
        raise TypeError(f"{wanted}, and gives a {type(value.value).__name__} in it: float(...)")
    return value
