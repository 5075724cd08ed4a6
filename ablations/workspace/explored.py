"""What a search has tried so far: `explored.json` in the study's folder, written before any of it trains."""

from pathlib import Path
from typing import Literal

from ablations.study.designs.search_options import Scalar
from ablations.workspace.record_file import read_record
from gan_core.records import Record

NAME = "explored.json"
SCHEMA_VERSION = 1
WAY_ON = "`run`, which makes it anew from a whole ledger; else --as NEWNAME, which takes over what was trained here"


class Suggestion(Record):
    """One suggestion: a 'trial', or why it is none: 'forbidden' by a rule, or of an arm that has all its seeds."""

    params: dict[str, Scalar]
    is_a: Literal["trial", "forbidden", "repeated"]
    arm: str = ""
    seed: int | None = None
    reason: str = ""
    failures: int = 0


class Explored(Record):
    """All suggestions in order. `chosen`: the arms to confirm, once that is settled.

    `gave_up`: why there are too few.
    """

    schema_version: int = SCHEMA_VERSION
    suggestions: tuple[Suggestion, ...] = ()
    chosen: tuple[str, ...] | None = None
    gave_up: str = ""


def read_explored(root: Path) -> Explored:
    """The record in a study's folder; an empty one where there is none. Raises UserError if it can't be read."""
    return read_record(root / NAME, Explored, WAY_ON) or Explored()


def confirmed_ledger(study: str) -> str:
    """Optuna's name for the second stage of this study."""
    return f"{study}-confirm"
