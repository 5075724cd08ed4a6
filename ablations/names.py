"""Names in a study file: of the study, its factors and its arms. They become folders and parameters."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablations.designs import RESERVED
from gan_core.problems import Problem

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAME_ALLOWED = "1 to 64 letters, digits, _ or -"


def mapping(value: object) -> dict[str, Any]:
    """The value, or an empty one where it is none: that is complained about elsewhere."""
    return value if isinstance(value, dict) else {}


def name_problems(path: Path, name: str | None) -> list[Problem]:
    """Of the study's name: `name`, or the file's."""
    if NAME.fullmatch(name if name is not None else path.stem):
        return []
    if name is not None:
        return [Problem(f"{name!r} can't be a study's name", allowed=NAME_ALLOWED, source="--as")]
    hint = f"{NAME_ALLOWED}; rename the file, or name the study with --as"
    return [Problem(f"{path.stem!r} can't be a study's name", allowed=hint, source=str(path))]


def factor_problems(data: Mapping[str, Any]) -> list[Problem]:
    """Of the names of factors and arms."""
    problems = []
    tricks, arms = mapping(data.get("tricks")), mapping(data.get("arms"))
    own = {name: ("arms", name) for name, words in arms.items() if isinstance(words, dict) and words}
    for name, where in (*((name, ("tricks", name)) for name in tricks), *own.items()):
        if name in RESERVED:
            message = f"{name!r} means something else already"
            problems.append(Problem(message, where, f"names other than {', '.join(RESERVED)}"))
        elif not NAME.fullmatch(name):
            problems.append(Problem(f"{name!r} can't be a factor's name", where, NAME_ALLOWED))
    for name in arms:
        if name in own and name in tricks:
            message = f"{name!r} is a factor under `tricks` already"
            problems.append(Problem(message, ("arms", name), f"another name, or the list [{name}]"))
        elif name not in own and not NAME.fullmatch(name):
            problems.append(Problem(f"{name!r} can't be an arm's name", ("arms", name), NAME_ALLOWED))
    return problems
