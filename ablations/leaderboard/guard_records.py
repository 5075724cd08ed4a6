"""What a study says of its guards: metrics that an arm must not lose more of than a margin."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ablations.statistics import Estimate, Finding, Judged
from ablations.statistics.guard import GuardFinding


@dataclass(frozen=True)
class GuardStatement:
    """One guard of one effect.

    `shown`: arm minus what it is compared with, in the metric's own units, with the interval that decides, at `level`;
    before the first look without one.
    """

    metric: str
    margin: float
    finding: GuardFinding
    reason: str
    shown: Estimate
    level: float
    p: float  # adjusted for looks and questions
    judged: Judged

    @property
    def is_hurt(self) -> bool:
        """Whether the loss is shown to be above the margin."""
        return self.finding == "hurts"


@dataclass(frozen=True)
class Guards:
    """`margins`: by metric; `statements`: by the name of the effect, one for each metric."""

    margins: Mapping[str, float] = field(default_factory=dict)
    statements: Mapping[str, tuple[GuardStatement, ...]] = field(default_factory=dict)

    def of(self, effect: str) -> tuple[GuardStatement, ...]:
        """What is said of an effect, or an arm; () of one that has no guards."""
        return self.statements.get(effect, ())

    def hurt_by(self, effect: str) -> tuple[str, ...]:
        """The metrics of which it loses more than the margin for certain."""
        return tuple(statement.metric for statement in self.of(effect) if statement.is_hurt)


def with_costs(finding: Finding | str, hurt: tuple[str, ...]) -> str:
    """The finding about the ranked score with what it costs: 'helps, at the cost of recall'."""
    if not hurt:
        return finding
    listed = " and ".join([", ".join(hurt[:-1]), hurt[-1]]) if len(hurt) > 1 else hurt[0]
    if finding == "hurts":
        return f"hurts, {listed} too"
    return f"{finding}, at the cost of {listed}" if finding == "helps" else f"{finding}; hurts {listed}"
