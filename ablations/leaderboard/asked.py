"""What a study asks beside its ranking: the rule of its verdicts, and its claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ablations.claims.records import Claim
from ablations.statistics import Rule
from ablations.study_record import StudyRecord
from ablations.workspace import Workspace


@dataclass(frozen=True)
class Asked:
    """Of one study."""

    rule: Rule = field(default_factory=Rule)
    claims: tuple[Claim, ...] = ()
    record: StudyRecord | None = None  # the whole study, where it is known: what its design is made to show


AskedBy = Mapping[str, Asked]  # by study


def read_asked(root: Path) -> Asked:
    """What the study in this folder asks; nothing, where it holds trials alone.

    Raises UserError where its record can't be read.
    """
    workspace = Workspace(root)
    if not workspace.study_json.exists():
        return Asked()
    record = workspace.record()
    return asked_in(record)


def asked_in(record: StudyRecord) -> Asked:
    """What the study of this record asks."""
    return Asked(record.rule, record.claims, record)
