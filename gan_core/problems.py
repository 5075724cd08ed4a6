"""What is wrong with the user's input: what, where, what is allowed, what was probably meant."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

SHOWN, MOST_BITS = 200, 1000  # characters of a value in a message; bits of a number


@dataclass(frozen=True)
class Problem:
    """One mistake. `where` is the path of keys to the value, outermost first; `source` a place such as 'file:line'.

    Its words may come from a name that anybody chose: what would act on a terminal is written as an escape.
    """

    message: str
    where: tuple[str | int, ...] = ()
    allowed: str = ""
    nearest: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("message", "allowed", "nearest", "source"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    @property
    def path(self) -> str:
        """'baseline.width'."""
        return printable(".".join(map(str, self.where)))

    def __str__(self) -> str:
        parts = [f"{self.path}: {self.message}" if self.where else self.message]
        if self.source:
            parts[0] = f"{self.source}: {parts[0]}"
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.nearest:
            parts.append(f"did you mean {self.nearest!r}?")
        return "; ".join(parts)


class UserError(Exception):
    """Input that the user can put right. Commands print its problems and exit with code 2."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(map(str, self.problems)))


class RuleError(UserError):
    """Settings that are right one by one and don't go together."""


def printable(text: str) -> str:
    """The text with control characters, and halves of characters, as escapes; lines stay lines."""
    if text.isprintable():
        return text
    return "".join(letter if letter == "\n" or letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def shown(value: object) -> str:
    """The value as it is written in Python, cut where it is long: a message is to be read."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:  # Python refuses to write more than 4300 digits
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 20]}... ({len(text)} characters)"


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or '' if none is close."""
    if len(name) > SHOWN:
        return ""  # comparing takes the square of its length
    by_form = {_form(k): k for k in known}
    matches = difflib.get_close_matches(_form(name), by_form, n=1, cutoff=0.6)
    return by_form[matches[0]] if matches else ""


def _form(name: str) -> str:
    return name.lower().replace("-", "_")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> PydanticCustomError:
    """The validation error for a name that is in no registry; it carries what is allowed and the nearest name."""
    names = list(known)
    return PydanticCustomError(
        "unknown_name",
        "no {kind} is called {quoted}",
        {"kind": kind, "quoted": shown(name), "allowed": ", ".join(names), "nearest": nearest_name(name, names)},
    )
