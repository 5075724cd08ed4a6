"""Whether the runs of two arms scatter alike: where they do not, few seeds may not show how an arm is on average."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from ablations.statistics.rule import Rule
from ablations.statistics.scores import ArmScores

FEWEST = 5  # seeds of each arm
ALPHA = 0.01  # unadjusted: it is a note, and no verdict


def unlike_scatter(arm: ArmScores, baseline: ArmScores, rule: Rule) -> float | None:
    """The ratio of the sds of the arms' scores on the rule's scale, where an F test says that they differ.

    None where it does not, with fewer than `FEWEST` scores of either, and where one arm's are all equal.
    """
    ours, theirs = _scores(arm, rule), _scores(baseline, rule)
    if min(len(ours), len(theirs)) < FEWEST:
        return None
    variances = float(np.var(ours, ddof=1)), float(np.var(theirs, ddof=1))
    if min(variances) <= 0:
        return None
    ratio, df = variances[0] / variances[1], (len(ours) - 1, len(theirs) - 1)
    p = 2 * min(float(special.fdtr(*df, ratio)), float(special.fdtrc(*df, ratio)))
    return float(np.sqrt(ratio)) if p <= ALPHA else None


def _scores(arm: ArmScores, rule: Rule) -> Sequence[float]:
    return [rule.transform(score) for score in arm.scores.values()]
