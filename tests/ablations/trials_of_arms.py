"""Trials of made-up arms for tests that train nothing, and the FID that each is to end with."""

from collections.abc import Sequence
from pathlib import Path

from ablations.study.arm import Arm
from ablations.workspace.trials import Trial, trial_of
from tests.ablations.journals import make_arm

FIDS = {f"{arm}-seed{seed}": 10.0 * n + seed for n, arm in enumerate(("baseline", "ttur", "both")) for seed in range(3)}


def trials_under(root: Path, seeds: int, arms: Sequence[Arm] | None = None) -> tuple[Trial, ...]:
    """The trials of these arms (baseline and ttur), seed by seed; nothing of them is on disk."""
    arms = arms or [make_arm("baseline"), make_arm("ttur", ("ttur",))]
    return tuple(trial_of("tiny", arm, seed, root) for seed in range(seeds) for arm in arms)
