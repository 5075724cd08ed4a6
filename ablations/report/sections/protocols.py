"""The protocols that a table's scores were measured under, field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablations.leaderboard import Table
from ablations.report.sections.run_facts import RunFacts


@dataclass(frozen=True)
class ReportedProtocol:
    """The protocol of one metric: its stamp, and the fields that the stamp is the hash of; {} where no shown run has
    it.
    """

    metric: str
    stamp: str
    fields: Mapping[str, str]


def protocols_of(table: Table, facts: Sequence[RunFacts]) -> tuple[ReportedProtocol, ...]:
    """One protocol for each metric of the table, FID first."""
    known = {stamp: fields for run in facts for stamp, fields in run.protocols.items()}
    return tuple(ReportedProtocol(metric, stamp, _flat(known.get(stamp, {}))) for metric, stamp in table.stamps.items())


def _flat(fields: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in fields.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: _text(value)}
    return flat


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
