"""What became of a run, with the evidence: a pure function of its events, for a person to check against the curves.

Read from the last third of the run, so that a bad start is forgiven. Qualities of the samples are taken relative to the
reals' own (`gan_core.evaluation.diversity`), so that the thresholds hold for other data and extractors; a journal
without them is judged by the game and by its FID's course alone. The kinds exclude each other: the first that fits is
it, from the certain to the doubtful.

Mode collapse and vanishing gradients: Goodfellow 2016, arXiv:1701.00160, sections 5.1.1 and 3.2.3; Arjovsky and Bottou
2017, arXiv:1701.04862, section 2; duplicates: Arora, Risteski and Zhang 2018, arXiv:1706.08224. The thresholds are
ours, and how often they are right is measured: docs/verdicts.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

from gan_core.dynamics import Dynamics
from gan_core.events import AnyEvent, Finished

Kind = Literal[
    "healthy", "mode collapse", "vanishing gradients", "D overpowered", "oscillating", "diverged", "can't tell"
]
FEWEST_STEPS, FEWEST_TICKS, FEWEST_SCORES = 200, 12, 3  # below that there is no course to judge
BLOWN_UP = 1e4  # median |loss|: far beyond what a game that goes on has
ONE_IMAGE = 0.02  # spread: all samples are the same to the eye
NARROW = 0.25  # spread: samples differ a quarter as much as reals
FELL = 0.5  # late spread over the largest: a young G's samples are narrow too, but not from a fall
FEW_DIRECTIONS = 0.2  # dimensions: two or three images, and what lies between them
SAME_IMAGES = 0.1  # nearest over spread: reals have 0.35, ten or a hundred images again and again 0
ONE_CLASS = 1.3  # classes: 19 of 20 samples look like one
GARBAGE, FAR, VERY_FAR = 1.25, 1.5, 3.0  # FID over that of a G that always gives the reals' mean
NOT_IMPROVED = 0.8  # the best FID of the end over the first one
D_IS_SURE = 0.98  # accuracy, or a critic's AUC
D_HAS_WON = 0.1  # D's loss over its first
D_GUESSES = 0.6  # likewise
SWING, SWINGS = 0.3, 4  # of D's advantage between turning points, and how many of them
FID_FACTOR, FID_SWINGS = 2.0, 3  # likewise of the FID
RESHUFFLED, FEWEST_MOVES = 0.6, 4  # mean total variation of the class shares from score to score, over so many


@dataclass(frozen=True)
class RunVerdict:
    """The outcome of a run; `evidence` is a list of whole phrases with numbers."""

    kind: Kind
    evidence: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {'; '.join(self.evidence)}"


def verdict_of(events: Sequence[AnyEvent]) -> RunVerdict:
    """Judge a run by its events, finished or not."""
    end = events[-1] if events else None
    if isinstance(end, Finished) and end.status == "diverged":
        return RunVerdict("diverged", (end.reason,))
    course = Dynamics.of(events)
    steps, ticks, scores = events[-1].step if events else 0, len(course.ticks), len(course.fids)
    if steps < FEWEST_STEPS or ticks < FEWEST_TICKS or scores < FEWEST_SCORES:
        return RunVerdict("can't tell", (f"too young: {steps} steps, {ticks} ticks, {scores} scores",))
    if math.isnan(course.late(course.rightness)) and (course.knows_rightness or not course.is_critic):
        return RunVerdict("can't tell", ("how often D is right was not noted, or is no number",))
    for judge in (_blown_up, _one_image, _d_overpowered, _vanishing, _collapsed, _oscillating):
        if (verdict := judge(course)) is not None:
            return verdict
    if course.distance > VERY_FAR and _learnt_nothing(course, VERY_FAR):
        return RunVerdict("can't tell", ("far from the reals for no reason known here", *_both(course)))
    if course.late_diversity("spread") < NARROW:
        return RunVerdict(
            "can't tell", ("the samples have been much alike from the beginning", course.says_diversity())
        )
    return RunVerdict("healthy", _both(course))


def _both(course: Dynamics) -> tuple[str, ...]:
    return course.says_quality(), course.says_game()


def _learnt_nothing(course: Dynamics, far: float) -> bool:
    """Whether the samples are far from the reals (as far as that is known), and no nearer than at the first score."""
    return not course.distance <= far and course.late_fid > NOT_IMPROVED * course.fids[0]


def _blown_up(course: Dynamics) -> RunVerdict | None:
    """Whether the run is lost although it never met NaN or infinity."""
    for name in ("loss_d", "loss_g"):
        typical = median(abs(tick.means[name]) for tick in course.late_ticks)
        if typical > BLOWN_UP:
            return RunVerdict("diverged", (f"the median |{name}| of the last third is {typical:.2g}",))
    return None


def _one_image(course: Dynamics) -> RunVerdict | None:
    if course.late_diversity("spread") < ONE_IMAGE:
        return RunVerdict("mode collapse", (course.says_diversity(), course.says_game()))
    return None


def _d_overpowered(course: Dynamics) -> RunVerdict | None:
    """G's images are garbage, and D can't tell them from the reals: D has learnt nothing that G could learn from."""
    far = GARBAGE if course.late_diversity("spread") < NARROW else VERY_FAR
    if course.late(course.rightness) < D_GUESSES and _learnt_nothing(course, far):
        return RunVerdict("D overpowered", (course.says_game(), course.says_quality()))
    return None


def _vanishing(course: Dynamics) -> RunVerdict | None:
    """D is right about everything, and G makes no progress although its loss rises, or as its gradient is gone.

    Against a critic the gradient alone counts: losses of critics have no zero.
    """
    sure = course.late(course.rightness) > D_IS_SURE
    stuck = course.late("grad_norm_g") < 0.1 * course.first("grad_norm_g")
    if not course.is_critic:  # a critic's loss has no zero to fall to, nor has G's against it one to rise from
        sure = sure and course.late("loss_d") < D_HAS_WON * abs(course.first("loss_d"))
        stuck = stuck or course.late("loss_g") > course.first("loss_g")
    if sure and stuck and _learnt_nothing(course, FAR):
        return RunVerdict("vanishing gradients", (course.says_game(), course.says_quality()))
    return None


def _collapsed(course: Dynamics) -> RunVerdict | None:
    """G shows less variety than it did, or a few images again and again."""
    spread, classes = course.late_diversity("spread"), course.late_diversity("classes")
    narrow = spread < min(NARROW, FELL * course.largest("spread"))
    few = (
        course.late_diversity("dimensions") < FEW_DIRECTIONS or course.late_diversity("nearest") < SAME_IMAGES * spread
    )
    one_class = classes < min(ONE_CLASS, FELL * course.largest("classes"))
    if narrow or few or one_class:
        return RunVerdict("mode collapse", (course.says_diversity(), course.says_game()))
    return None


def _oscillating(course: Dynamics) -> RunVerdict | None:
    """Neither player keeps what it has: the advantage, the quality or the classes come and go again and again."""
    logs = [math.log(fid) for fid in course.fids[-(len(course.fids) // 2) - 1 :] if fid > 0]
    moves = course.late_moves
    evidence = []
    if (swings := reversals(course.advantages, SWING)) >= SWINGS:
        what = "2 AUC - 1 of D" if course.is_critic else "D(x) - D(G(z))"
        evidence.append(f"in the second half {what} moved {swings} times up or down by more than {SWING}")
    if (swings := reversals(logs, math.log(FID_FACTOR))) >= FID_SWINGS:
        evidence.append(f"in the second half the FID moved {swings} times up or down by a factor of {FID_FACTOR:g}")
    if len(moves) >= FEWEST_MOVES and fmean(moves) > RESHUFFLED:
        evidence.append(
            f"in the second half {100 * fmean(moves):.0f} % of the samples moved to other classes at each score"
        )
    return RunVerdict("oscillating", (*evidence, course.says_quality())) if evidence else None


def reversals(values: Sequence[float], least: float) -> int:
    """How many times the series moved by `least` or more from one turning point to the next."""
    moves, direction = 0, 0
    low = high = values[0] if values else math.nan
    for value in values:
        low, high = min(low, value), max(high, value)
        if direction <= 0 and value >= low + least:
            moves, direction, high = moves + 1, 1, value
        elif direction >= 0 and value <= high - least:
            moves, direction, low = moves + 1, -1, value
        if direction > 0:
            low = high
        elif direction < 0:
            high = low
    return moves
