"""The dynamics of a run as a person would describe them: how it began, and how it was in its last third."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import TypeVar

from gan_core.evaluation.names import class_shares
from gan_core.events import AnyEvent, Evaluated, Started, Ticked

T = TypeVar("T")
CRITICS = ("relativistic", "wasserstein")  # losses whose D has no boundary (`Loss.has_boundary`), known without torch


@dataclass(frozen=True)
class Dynamics:
    """A run as series of numbers, and statements about them. `late` values are taken over its last third."""

    ticks: list[Ticked]
    fids: list[float]  # on the way
    diversity: list[dict[str, float]]  # with them; {} where not measured
    is_critic: bool = False  # D's outputs mean something in comparison only: no accuracy, no sign of its loss

    @classmethod
    def of(cls, events: Sequence[AnyEvent]) -> "Dynamics":
        scored = [e for e in events if isinstance(e, Evaluated) and e.of == "progress"]
        there = [(e.fid, e.diversity) for e in scored if e.fid is not None and math.isfinite(e.fid)]
        ticks = [e for e in events if isinstance(e, Ticked)]
        critic = any(isinstance(e, Started) and e.config.get("loss") in CRITICS for e in events[:1])
        return cls(ticks, [fid for fid, _ in there], [diversity for _, diversity in there], critic)

    @property
    def late_ticks(self) -> list[Ticked]:
        return self.ticks[-(len(self.ticks) // 3) :]

    def first(self, name: str) -> float:
        """The value at the first tick; NaN where it was not noted."""
        return self.ticks[0].means.get(name, math.nan)

    def late(self, name: str) -> float:
        """Mean over the last third of the ticks; NaN where it was not noted."""
        return fmean(tick.means.get(name, math.nan) for tick in self.late_ticks)

    def late_diversity(self, name: str) -> float:
        """Median over the last third of the scores; NaN where it was not measured."""
        values = [d[name] for d in _last_third(self.diversity) if name in d]
        return median(values) if values else math.nan

    def largest(self, name: str) -> float:
        """The largest value among all scores; NaN where it was not measured."""
        return max((d[name] for d in self.diversity if name in d), default=math.nan)

    @property
    def rightness(self) -> str:
        """The mean that tells how often D is right: 0.5 where it guesses, 1 where it is always right."""
        return "d_auc" if self.is_critic else "d_accuracy"

    @property
    def knows_rightness(self) -> bool:
        """Whether how often D is right was noted at all; journals of critics before 0.2 lack it."""
        return any(self.rightness in tick.means for tick in self.ticks)

    @property
    def advantages(self) -> list[float]:
        """D's advantage at each tick of the second half, -1 to 1, 0 where D can't tell; ticks without it left out."""
        late = [tick.means for tick in self.ticks[len(self.ticks) // 2 :]]
        if self.is_critic:
            return [2 * means["d_auc"] - 1 for means in late if "d_auc" in means]
        return [means["d_real"] - means["d_fake"] for means in late if {"d_real", "d_fake"} <= means.keys()]

    @property
    def late_moves(self) -> list[float]:
        """Total variation, 0 to 1, of the class shares from score to score in the second half; [] in older journals."""
        shares = [class_shares(d) for d in self.diversity[-(len(self.diversity) // 2) - 1 :]]
        return [
            sum(abs(x - y) for x, y in zip(a, b, strict=True)) / 2 for a, b in pairwise(shares) if len(a) == len(b) > 0
        ]

    @property
    def late_fid(self) -> float:
        """The best FID of the last third."""
        return min(_last_third(self.fids))

    @property
    def distance(self) -> float:
        """The late FID over the FID of a G that always gives the reals' mean; NaN in older journals."""
        return self.late_fid / self.late_diversity("real_variance")

    def says_quality(self) -> str:
        far = "" if math.isnan(self.distance) else f", {self.distance:.2g} times that of the reals' mean image"
        return f"FID on the way {self.fids[0]:.3g} at first, {self.late_fid:.3g} at best in the last third{far}"

    def says_game(self) -> str:
        right = "ranks a real image above a fake one" if self.is_critic else "is right"
        share = f"{right} in {100 * self.late(self.rightness):.0f} %, its" if self.knows_rightness else "has the"
        return (
            f"D {share} loss {self.late('loss_d'):.2g} "
            f"(first {self.first('loss_d'):.2g}); G's loss {self.late('loss_g'):.2g} "
            f"(first {self.first('loss_g'):.2g}), "
            f"its gradient {self.late('grad_norm_g'):.2g} (first {self.first('grad_norm_g'):.2g})"
        )

    def says_diversity(self) -> str:
        numbers = {name: self.late_diversity(name) for name in ("spread", "dimensions", "classes", "nearest")}
        near = "" if math.isnan(numbers["nearest"]) else f", the nearest of 200 {numbers['nearest']:.2g} times as far"
        return (
            f"two samples are {numbers['spread']:.2g} times as far apart as two reals{near}, "
            f"in {numbers['dimensions']:.2g} times as many directions; they look like {numbers['classes']:.1f} classes"
        )


def _last_third(values: list[T]) -> list[T]:
    return values[-max(2, len(values) // 3) :]
