"""A ladder rung by rung: what each adds, the FID it reaches, and its difference from the rung below."""

from collections.abc import Mapping
from dataclasses import dataclass

from ablations.leaderboard import Row, Table
from ablations.leaderboard.effect_records import ReportedEffect
from ablations.statistics import Estimate
from ablations.study.record import ArmRecord, StudyRecord


@dataclass(frozen=True)
class Rung:
    """One arm of a ladder. `adds`: what is new in it, '' at the bottom; `step`: against the rung below, None there.

    `against_reference`: a ratio of FIDs over common seeds, or by the rule a difference; None at the bottom, and without
    scores.
    """

    number: int
    arm: str
    adds: str
    fids: Mapping[int, float]  # by seed
    mean: Estimate
    step: ReportedEffect | None
    against_reference: float | None


def rungs_of(record: StudyRecord, table: Table) -> tuple[Rung, ...]:
    """The rungs that have begun, from the bottom up; () for another design."""
    if record.design != "ladder":
        return ()
    rows = {row.arm: row for row in table.rows}
    steps = {effect.arms[0]: effect for effect in table.effects.effects}
    return tuple(
        _rung(number, arm, record, rows[arm.name], steps.get(arm.name))
        for number, arm in enumerate(record.arms)
        if arm.name in rows
    )


def _rung(number: int, arm: ArmRecord, record: StudyRecord, row: Row, step: ReportedEffect | None) -> Rung:
    below = next((one for one in record.arms if one.name == arm.previous), None)
    added = [name for name, on in arm.factors.items() if on and below is not None and not below.factors.get(name)]
    return Rung(number, arm.name, ", ".join(added), row.scores, row.fid, step, row.against)
