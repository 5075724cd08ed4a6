"""What one check says of one record, in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from gan_core.contract.place import place_of
from gan_core.problems import UserError

ELSEWHERE = "it was raised outside this record's code, by what that gave back: look at shapes and types"
REFUSED = "it has to be possible to try the record in a run of small images"
Outcome = Literal["passed", "failed", "doubtful", "not tried"]


@dataclass(frozen=True)
class Finding:
    """One check of one record: `text` says what was seen, `advice` what to do where it failed.

    Doubtful is what may be meant so, and a person has to look at.
    """

    check: str  # "off", "resumed", ...
    outcome: Outcome
    text: str
    advice: str = ""

    @property
    def failed(self) -> bool:
        return self.outcome == "failed"


def passed(check: str, text: str) -> Finding:
    """It keeps to it."""
    return Finding(check, "passed", text)


def failed(check: str, text: str, advice: str) -> Finding:
    """It does not."""
    return Finding(check, "failed", text, advice)


def not_tried(check: str, why: str) -> Finding:
    """There is nothing of the kind to check, or it can't be checked here."""
    return Finding(check, "not tried", why)


def doubtful(check: str, text: str, advice: str) -> Finding:
    """It may be meant so."""
    return Finding(check, "doubtful", text, advice)


def judged(check: str, ok: bool, good: str, bad: str, advice: str) -> Finding:
    """Passed with the words `good`, or failed with `bad` and the advice."""
    return passed(check, good) if ok else failed(check, bad, advice)


class Stopped(Exception):  # noqa: N818  no error of ours: the record's code raised one
    """The record's own code raised an exception. `finding` says which, and where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


@contextmanager
def told(check: str, doing: str, advice: str = "") -> Iterator[None]:
    """Whatever the record's code raises inside becomes a `Stopped`, with the place in that code.

    A `UserError` is a message already, and passes.
    """
    try:
        yield
    except (Stopped, UserError):
        raise
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0][:300]
        text = f"{doing} raised {type(error).__name__}: {first}"
        hints = "; ".join(filter(None, (place_of(error), advice))) or ELSEWHERE
        raise Stopped(failed(check, text, hints)) from error


def findings_of(*checks: Callable[[], list[Finding]]) -> list[Finding]:
    """The findings of all checks; one that is stopped by the record's code gives the finding that says so."""
    found: list[Finding] = []
    for check in checks:
        try:
            found += check()
        except Stopped as stopped:
            if stopped.finding not in found:  # checks that stop at the same place say it once
                found.append(stopped.finding)
        except UserError as error:
            found.append(failed("allowed", f"a tiny run is refused: {error.problems[0]}", REFUSED))
    return found
