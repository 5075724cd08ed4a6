"""How much each trick acted in each arm, and which never acted: an arm with an inert trick does not test that trick."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ablations.leaderboard import Table
from ablations.report.sections.run_facts import Dose, RunFacts


@dataclass(frozen=True)
class ArmDose:
    """One quantity of a trick in one arm, the mean over its runs."""

    arm: str
    trick: str
    quantity: str
    dose: Dose
    runs: int


@dataclass(frozen=True)
class Inert:
    """An arm with tricks that never acted in some run."""

    arm: str
    tricks: tuple[str, ...]


def doses_of(arms: Sequence[str], facts: Sequence[RunFacts]) -> tuple[ArmDose, ...]:
    """The doses of these arms, in their order; an arm without a dose is left out."""
    doses = []
    for arm in arms:
        runs = [run.doses for run in facts if run.arm == arm]
        for name in dict.fromkeys(name for run in runs for name in run):
            own = [run[name] for run in runs if name in run]
            trick, _, quantity = name.partition("/")
            mean = Dose(fmean(d.first for d in own), fmean(d.mean for d in own), fmean(d.last for d in own))
            doses.append(ArmDose(arm, trick, quantity, mean, len(own)))
    return tuple(doses)


def inert_tricks(table: Table) -> tuple[Inert, ...]:
    """The arms with tricks that never acted."""
    return tuple(Inert(row.arm, row.inert) for row in table.rows if row.inert)
