"""What a claim may be about: scores, how soon the best one came, how long it took, and how often a run goes wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ablations.statistics import Rule
from ablations.statistics.rule import Scale
from gan_core.evaluation.names import BETTER
from gan_core.verdict import Kind

Of = Literal["best", "last"]
Sort = Literal["score", "run", "count"]
RATIOS = ("fid", "is")  # scores that are above 0 always; others are compared by differences


@dataclass(frozen=True)
class Measure:
    """One number for each run, or for a 'count' whether the run went wrong."""

    name: str
    meaning: str
    sort: Sort
    scale: Scale
    lower_is_better: bool

    def rule(self, rule: Rule) -> Rule:
        """The study's rule, on this measure's scale and with its direction; for the FID it is the study's own."""
        if self.name == "fid":
            return rule
        return rule.model_copy(update={"scale": self.scale, "lower_is_better": self.lower_is_better})


def _score(name: str) -> Measure:
    scale: Scale = "log" if name in RATIOS else "plain"
    return Measure(name, "the score", "score", scale, BETTER[name] == "lower")


WRONG = tuple(kind for kind in get_args(Kind) if kind not in ("healthy", "can't tell"))
COUNTS = {kind: (kind,) for kind in WRONG if kind != "diverged"} | {"unhealthy": WRONG}
_DIVERGED = Measure("diverged", "runs that met NaN or infinity", "count", "plain", True)
_OF_RUNS = (
    Measure("kimg_to_best", "thousands of images until the best generator was there", "run", "log", True),
    Measure("seconds_to_best", "wall seconds until then", "run", "log", True),
    Measure("seconds", "wall seconds of the run, without its scores", "run", "log", True),
    _DIVERGED,
    *(Measure(name, "runs judged to be so", "count", "plain", True) for name in sorted(COUNTS)),
)


class _Measures(Mapping[str, Measure]):
    """The measures by name: a score for each metric that there is, then what is known of every run."""

    def __getitem__(self, name: str) -> Measure:
        return _score(name) if name in BETTER else _BY_NAME[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*BETTER, *_BY_NAME])

    def __len__(self) -> int:
        return len(BETTER) + len(_BY_NAME)


_BY_NAME = {measure.name: measure for measure in _OF_RUNS}
MEASURES: Mapping[str, Measure] = _Measures()
