"""What is known of a metric: one number, where it may lie, and how it is measured.

Which way is better stands in `evaluation/metric_names.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
