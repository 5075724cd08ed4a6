"""The study as its directory records it, so that results can be read without the study file."""

from typing import Any, Final, Literal

from pydantic import Field

from ablations.statistics import Looks, Rule
from ablations.study.arm import LeftOut
from ablations.study.claims.records import Claim
from ablations.study.designs import BASELINE, Fraction
from ablations.study.designs.search_options import SearchRecord
from ablations.study.plugins import PluginRecords
from gan_core.records import Printable, Record

SCHEMA_VERSION: Final = 1


class ArmRecord(Record):
    """One arm as it was resolved, with seed 0. `factors` says for every factor of the study whether it is on.

    `previous`: the arm that this one grew out of, on a ladder.
    """

    name: Printable
    factors: dict[str, bool]
    fingerprint: str
    config: dict[str, Any]
    previous: str | None = None


class StudyRecord(Record):
    """A study as it was resolved: the content of `study.json`. `baseline` and `factors` are the user's words.

    `reference`: the arm that the others are compared with. `fraction`: of a fractional design, with its aliases.
    `search`: of a search, whose only arm here is the baseline. `plugins`: code of the user's own. `rule`: the rule of
    the study's verdicts. `planned_looks`: as they were before the first result; None where an older version wrote the
    record.
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

    @property
    def looks(self) -> Looks:
        """When its runs are judged; of a study that an older version recorded, as its number of seeds implies."""
        return self.planned_looks if self.planned_looks is not None else Looks.of_count(len(self.seeds))
