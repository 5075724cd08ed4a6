"""The study as its directory records it, so that results can be read without the study file."""

from typing import Any, Final, Literal

from pydantic import Field

from ablations.statistics import Looks, Rule
from ablations.study.across import Block
from ablations.study.arm import LeftOut
from ablations.study.block_names import arm_alone
from ablations.study.claims.records import Claim
from ablations.study.designs import BASELINE, Fraction
from ablations.study.designs.search_options import SearchRecord
from ablations.study.plugins import PluginRecords
from gan_core.records import Printable, Record

SCHEMA_VERSION: Final = 1


class ArmRecord(Record):
    """One arm as it was resolved, with seed 0. `factors` says for every factor of the study whether it is on.

    `previous`: the arm that this one grew out of, on a ladder. `block`: of a study across several settings.
    """

    name: Printable
    factors: dict[str, bool]
    fingerprint: str
    config: dict[str, Any]
    previous: str | None = None
    block: str = ""

    @property
    def alone(self) -> str:
        """Its name without that of its block."""
        return arm_alone(self.name, self.block)


class StudyRecord(Record):
    """A study as it was resolved: the content of `study.json`. `baseline` and `factors` are the user's words.

    `reference`: the arm that the others are compared with. `fraction`: of a fractional design, with its aliases.
    `search`: of a search, whose only arm here is the baseline. `plugins`: code of the user's own. `rule`: the rule of
    the study's verdicts. `planned_looks`: as they were before the first result; None where an older version wrote the
    record. `blocks`: the settings that it goes across, where there are several; `reference` is without their names
    then.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    name: Printable
    question: Printable
    papers: tuple[Printable, ...]
    design: str
    seeds: tuple[int, ...]
    baseline: dict[str, Any]
    factors: dict[str, dict[str, Any]]
    arms: tuple[ArmRecord, ...]
    reference: str = BASELINE
    left_out: tuple[LeftOut, ...] = ()
    fraction: Fraction | None = None
    search: SearchRecord | None = None
    plugins: PluginRecords  # before the claims, which may be about their metrics
    rule: Rule = Rule()
    claims: tuple[Claim, ...] = ()
    planned_looks: Looks | None = None
    guard: dict[str, float] = Field(default_factory=dict)  # metric -> the loss that is accepted
    blocks: tuple[Block, ...] = ()

    @property
    def looks(self) -> Looks:
        """When its runs are judged; of a study that an older version recorded, as its number of seeds implies."""
        return self.planned_looks if self.planned_looks is not None else Looks.of_count(len(self.seeds))

    def of_block(self, block: str) -> "StudyRecord":
        """The study as it is in one of its blocks, its arms under their own names. It has no claims there."""

        def own(name: str | None) -> str | None:
            return None if name is None else arm_alone(name, block)

        arms = (arm for arm in self.arms if arm.block == block)
        left_out = (left for left in self.left_out if left.block == block)
        return self.model_copy(
            update={
                "blocks": (),
                "claims": (),
                "arms": tuple(
                    arm.model_copy(update={"name": arm.alone, "previous": own(arm.previous), "block": ""})
                    for arm in arms
                ),
                "left_out": tuple(left.model_copy(update={"arm": own(left.arm), "block": ""}) for left in left_out),
            }
        )

    @property
    def arms_alone(self) -> tuple[str, ...]:
        """The names of its arms without those of blocks, each once."""
        return tuple(dict.fromkeys(arm.alone for arm in self.arms))
