"""What the statistics know of an arm: a score for each seed that has one, and the seeds that diverged."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ArmScores:
    """The scores of one arm.

    A seed is in `scores`, in `diverged`, or absent: not run, not finished, failed for another reason. `runs`: what
    bit-identical runs have in common, by seed, as far as it is known.
    """

    name: str
    scores: Mapping[int, float]
    diverged: frozenset[int] = frozenset()
    runs: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if both := self.diverged & self.scores.keys():
            raise ValueError(f"seeds {sorted(both)} of {self.name!r} have a score and have diverged")

    def of_seeds(self, seeds: Collection[int]) -> "ArmScores":
        """The arm as these seeds alone show it."""
        scores = {seed: score for seed, score in self.scores.items() if seed in seeds}
        runs = {seed: run for seed, run in self.runs.items() if seed in seeds}
        return ArmScores(self.name, scores, self.diverged.intersection(seeds), runs)

    @property
    def seeds(self) -> frozenset[int]:
        """All seeds that ended, with a score or diverged."""
        return self.diverged | self.scores.keys()

    def is_same_as(self, other: "ArmScores") -> bool:
        """Whether the two are one run under two names: bit-identical in every seed that both have ended, one at least.

        A seed in which both diverged tells neither way.
        """
        ended = (self.seeds & other.seeds) - (self.diverged & other.diverged)
        return bool(ended) and all(
            seed in self.runs and seed in other.runs and self.runs[seed] == other.runs[seed] for seed in ended
        )
