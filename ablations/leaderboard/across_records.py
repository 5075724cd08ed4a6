"""What a study across several settings says: each effect over all blocks, in each block, and between them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.effect_records import Effects, ReportedEffect
from ablations.leaderboard.guard_records import Guards
from ablations.leaderboard.looks import LooksState
from ablations.statistics import Finding, Judged, Rule
from ablations.statistics.blocks import Heterogeneity
from ablations.study.claims.measures import Of


@dataclass(frozen=True)
class Differs:
    """Whether an effect differs between the blocks: the finding is 'differs', "can't tell" or 'same run'.

    `test`: as it was at the look that this is from, not adjusted. `p`: adjusted for looks and questions.
    """

    finding: Finding
    reason: str
    test: Heterogeneity
    p: float
    judged: Judged


@dataclass(frozen=True)
class EffectAcross:
    """One effect. `pooled`: its average over the blocks that have it, which is the study's answer.

    `in_blocks`: by block, with verdicts that share half a part of alpha. `lacking`: blocks without its arms.
    """

    pooled: ReportedEffect
    in_blocks: Mapping[str, ReportedEffect]
    differs: Differs
    lacking: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.pooled.name

    @property
    def is_an_alias(self) -> bool:
        """Whether a fraction can't tell it from an effect that has the number of both."""
        own = self.in_blocks.values()
        return bool(self.pooled.aliases) and all(math.isnan(effect.shown.mean) for effect in own)

    def count(self, finding: Finding) -> int:
        """In how many blocks this is the verdict."""
        return sum(effect.finding == finding for effect in self.in_blocks.values())

    @property
    def lower(self) -> int:
        """In how many blocks the score is lower with it, whether that is shown or not."""
        return sum(effect.shown.mean < 1 for effect in self.in_blocks.values())


@dataclass(frozen=True)
class Across:
    """A study's answers over its blocks. `blocks`: name -> what the block sets.

    `about` and `unit`: what is compared with what, and the word for one effect, as in `Effects`.
    """

    study: str
    blocks: Mapping[str, Mapping[str, Any]]
    ranked_by: Of
    rule: Rule
    about: str
    unit: str
    by_effect: tuple[EffectAcross, ...]
    claims: tuple[AnsweredClaim, ...]
    looks: LooksState

    @property
    def guards(self) -> Guards:
        """None: a study across several settings has no guards."""
        return Guards()

    @property
    def effects(self) -> Effects:
        """The averages as effects like those of a single setting."""
        return Effects(self.about, self.unit, self.rule, tuple(effect.pooled for effect in self.by_effect))
