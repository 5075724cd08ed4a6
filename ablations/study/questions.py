"""How many questions a study asks: its design's effects and its claims are tested together, as one family."""

from dataclasses import dataclass, replace

from ablations.statistics import design_model
from ablations.study.arm import Arm
from ablations.study.block_names import arm_alone
from ablations.study.claims.measures import MEASURES
from ablations.study.claims.records import Claim, OfArms, OfFactors
from ablations.study.study import Study

FID = "fid"


@dataclass(frozen=True)
class QuestionCount:
    """`effects`: of the design; `claims`: those that ask something else. `pairs`: which of all compare two arms by FID,
    in one block.

    Pairs steady one another's spreads. `guards`: one for each guarded metric and each main effect.
    Pairs steady one another's spreads. `blocks`: over which effects are averaged; of several each effect has as much
    alpha again for the questions whether it differs between them, and what it is in each.
    """

    effects: int
    claims: int
    pairs: int
    guards: int = 0
    blocks: int = 1

    @property
    def further(self) -> int:
        """How many there are besides the design's effects."""
        return self.claims + self.guards

    @property
    def tested(self) -> int:
        """How many parts share alpha; 1 at least."""
        return max(1, self.effects * (2 if self.blocks > 1 else 1) + self.further)


def has_factor_effects(study: Study) -> bool:
    """Whether the design's effects are averages over its arms, and no pairs of them."""
    return study.design == "factorial" or study.fraction is not None


def question_count(study: Study) -> QuestionCount:
    """The questions of a study before it runs; later ones are fewer if two arms turn out to be the same run."""
    blocks = max(1, len(study.blocks))
    if blocks > 1:
        study = in_one_block(study)
    if has_factor_effects(study):
        effects, pairs = design_model([arm.factors for arm in study.arms]).effects, set[frozenset[str]]()
        main = len(study.factors)
    elif study.search is not None:
        best = study.search.confirm.best
        return QuestionCount(best, 0, best, len(study.guard) * best)
    else:
        pairs = {frozenset((arm.name, _compared_with(study, arm.name))) for arm in study.arms}
        pairs = {pair for pair in pairs if len(pair) == 2}
        effects = main = len(pairs)
    by_design = {(FID, pair) for pair in pairs}
    asked = {_question(claim) for claim in study.claims if claim.test is not None}
    further = {question for question in asked - by_design if question != DESIGNS_OWN}
    paired = len(pairs) + sum(metric == FID and isinstance(what, frozenset) for metric, what in further)
    return QuestionCount(effects, len(further), paired, len(study.guard) * main, blocks)


def in_one_block(study: Study) -> Study:
    """The study as it is in the block with most of its arms, under their own names."""
    names = [block.name for block in study.blocks]
    block = max(names, key=lambda name: (sum(arm.block == name for arm in study.arms), -names.index(name)))
    arms = (arm for arm in study.arms if arm.block == block)
    return replace(study, arms=tuple(_alone(arm) for arm in arms), blocks=())


def _alone(arm: Arm) -> Arm:
    previous = None if arm.previous is None else arm_alone(arm.previous, arm.block)
    return replace(arm, name=arm.alone, reference=arm_alone(arm.reference, arm.block), previous=previous, block="")


def _compared_with(study: Study, name: str) -> str:
    """The arm that the design compares this one with; itself where it is only compared with."""
    arm = next(arm for arm in study.arms if arm.name == name)
    if study.design == "ladder":
        return arm.previous or name
    return study.reference


Asked = tuple[str, frozenset[str] | str]  # the metric, and two arms or other words
DESIGNS_OWN: Asked = (FID, "effect")


def _question(claim: Claim) -> Asked:
    """The same for two claims that ask the same."""
    test = claim.test
    if isinstance(test, OfArms) and MEASURES[claim.metric].sort != "count":
        return claim.metric, frozenset(test.arms)
    if isinstance(test, OfFactors):
        return DESIGNS_OWN if claim.metric == FID else (claim.metric, f"effect {sorted(test.factors)}")
    assert test is not None
    return claim.metric, test.model_dump_json()
