"""On what kinds of machine the runs of arms that are compared ran, where it was not one kind.

Kinds of GPUs and processors sum in different orders, so bits differ, and speed does. The FID hardly does; but a
difference between arms that ran on different kinds is one of machines as well.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ablations.results.results import Result


@dataclass(frozen=True)
class UnlikePairs:
    """Two arms that are compared. `unlike`: the seeds, of `known`, in which their runs ran on different kinds."""

    arms: tuple[str, str]
    unlike: int
    known: int


@dataclass(frozen=True)
class MachineKinds:
    """Runs by arm and kind, of arms that did not run on one kind with what they are compared with; {} where all did.

    Runs of which it is not known on what they ran count nowhere.
    """

    by_arm: Mapping[str, Mapping[str, int]]
    pairs: tuple[UnlikePairs, ...]  # those that have unlike ones


ONE_KIND = MachineKinds({}, ())


def machine_kinds(arms: Mapping[str, Sequence[Result]], compared: Iterable[tuple[str, str]]) -> MachineKinds:
    """What is to be said of these arms' runs, which are compared in these pairs of arms, by seed."""
    kinds = {arm: {r.seed: r.summary.ran_on for r in own if r.summary.ran_on} for arm, own in arms.items()}
    mixed: dict[str, None] = {}
    pairs = []
    for one, other in compared:
        ours, theirs = kinds.get(one, {}), kinds.get(other, {})
        if len({*ours.values(), *theirs.values()}) > 1:
            mixed |= {other: None, one: None}
            common = ours.keys() & theirs.keys()
            unlike = sum(ours[seed] != theirs[seed] for seed in common)
            pairs += [UnlikePairs((one, other), unlike, len(common))] if unlike else []
    by_arm = {arm: dict(Counter(kinds[arm].values()).most_common()) for arm in arms if arm in mixed and kinds[arm]}
    return MachineKinds(by_arm, tuple(pairs))


def kinds_in_words(kinds: Mapping[str, int]) -> str:
    """'3 on NVIDIA A100, 1 on NVIDIA H100'."""
    return ", ".join(f"{count} on {kind}" for kind, count in kinds.items())
