"""A part of an export, for one of several machines that share the work without speaking with each other."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gan_core.problems import Problem, UserError, shown
from gan_core.workers.exported import ExportedTrial

PART, INDEX, PARTS = "--part", "--index", "--parts"
ALLOWED = f"I/N with I from 1 to N, such as 1/8; or {INDEX} 0 {PARTS} 8 where they are counted from 0"
WRITTEN = re.compile(r"\s*(-?\d{1,9})\s*/\s*(-?\d{1,9})\s*")


@dataclass(frozen=True)
class Part:
    """Part `number` of `of`, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"part {self.number} of {self.of}"

    def of_trials(self, trials: Sequence[ExportedTrial]) -> list[ExportedTrial]:
        """The trials of this part, in the order of the export. The parts have no trial in common and leave none out.

        They are dealt out in turn, those of one configuration one after another whatever their seeds, and the longest
        budgets first: so the parts differ by at most one trial, and by at most one of each arm. The order depends on
        the trials alone.
        """
        order = sorted(trials, key=_place)
        ours = {trial.name for trial in order[self.number - 1 :: self.of]}
        return [trial for trial in trials if trial.name in ours]


def part_of(text: str | None, index: int | None, parts: int | None) -> Part | None:
    """The part that a command line names as I/N, or by an index from 0 and a number of parts; None: all of it.

    Raises UserError for a part that there is not.
    """
    if text is None:
        return None if index is None and parts is None else _by_index(index, parts)
    if index is not None or parts is not None:
        raise UserError(Problem(f"says the same as {INDEX} and {PARTS}", (PART,), "one of them"))
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise UserError(Problem(f"{shown(text)} is no part", (PART,), ALLOWED))
    number, of = int(found[1]), int(found[2])
    if not 1 <= number <= of:
        message = f"there is no part {number} of {of}"
        if number == 0 and of >= 1:
            message += ": parts are counted from 1"
        raise UserError(Problem(message, (PART,), ALLOWED))
    return Part(number, of)


def _by_index(index: int | None, parts: int | None) -> Part:
    if index is None or parts is None:
        missing, given = (INDEX, PARTS) if index is None else (PARTS, INDEX)
        raise UserError(Problem(f"is missing, {given} is given", (missing,), ALLOWED))
    if not 0 <= index < parts:
        message = f"there is no part of index {index} among {parts}"
        raise UserError(Problem(message, (INDEX,), f"0 to {parts - 1}" if parts > 0 else f"{PARTS} of at least 1"))
    return Part(index + 1, parts)


def _place(trial: ExportedTrial) -> tuple[float, str, int, str]:
    """Longest budget first, then arm by arm, then by seed."""
    settings: dict[str, Any] = {key: value for key, value in trial.config.items() if key != "seed"}
    budget, seed = trial.config.get("budget_kimg"), trial.config.get("seed")
    return (
        -float(budget) if isinstance(budget, int | float) else 0.0,
        json.dumps(settings, sort_keys=True),
        seed if isinstance(seed, int) else 0,
        trial.name,
    )
