"""Which arm answers for a trick, in each kind of design. Every pair is (with the trick, without it).

So one sign convention holds for all designs: a ratio of FIDs below 1 means that the trick's presence helps. What
one-out measures is the trick's absence; its pair is turned round here, not in the numbers.
"""

from collections.abc import Mapping, Sequence

from ablations.statistics.comparison import Pair
from ablations.statistics.scores import ArmScores


def one_in(baseline: ArmScores, arms: Mapping[str, ArmScores]) -> dict[str, Pair]:
    """By trick: the baseline with it against the baseline. Its effect when it is alone."""
    return {trick: (arm, baseline) for trick, arm in arms.items()}


def one_out(everything: ArmScores, without: Mapping[str, ArmScores]) -> dict[str, Pair]:
    """By trick: everything on against everything but it. Its effect in the company of all others."""
    return {trick: (everything, arm) for trick, arm in without.items()}


def ladder(steps: Mapping[str, ArmScores], baseline: ArmScores) -> dict[str, Pair]:
    """By trick, in the order added: each rung against the one before. An effect that depends on the order."""
    rungs: Sequence[ArmScores] = (baseline, *steps.values())
    return {trick: (arm, before) for (trick, arm), before in zip(steps.items(), rungs, strict=False)}
