"""An arm: one resolved configuration; and what a design leaves out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ablations.study.block_names import arm_alone
from ablations.study.designs import BASELINE
from gan_core.records import Record
from gan_core.schema.configuration import Config

if TYPE_CHECKING:
    pass


class LeftOut(Record):
    """A combination that the design has and that a rule forbids; `reasons` in words. It is no arm.

    `block`: the one that it is left out of; '' in a study without blocks.
    """

    arm: str
    on: tuple[str, ...]
    reasons: tuple[str, ...]
    block: str = ""


@dataclass(frozen=True)
class Arm:
    """One resolved training configuration. `settings` are the user's words; `factors` says which factors are on.

    `design`: the study's design; `reference`: the arm that the study's others are compared with; `previous`: the arm
    that this one grew out of, on a ladder. `searched`: settings that a search varies, SETTING or TRICK.OPTION.
    `block`: that it is trained in, of a study across several; its name, and its reference's, end with that.
    """

    name: str
    factors: Mapping[str, bool]  # every factor of the study, in its order
    settings: Mapping[str, Any]  # baseline and the factors that are on, merged
    config: Config  # resolved, with seed 0
    design: str = "one-in"
    reference: str = BASELINE
    previous: str | None = None
    searched: tuple[str, ...] = ()
    block: str = ""

    @property
    def is_baseline(self) -> bool:
        """Whether this is the arm that the others are compared with."""
        return self.name == self.reference

    @property
    def alone(self) -> str:
        """Its name without that of its block."""
        return arm_alone(self.name, self.block)
