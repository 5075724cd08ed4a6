"""Which recorded patches are to be cleaned, the question, and what was removed from where."""

from collections.abc import Iterable

from ablations.scrub import Leak, Search
from ablations.terminal.console import say, show_warnings
from ablations.terminal.delete import ask
from ablations.workspace.patches import CleanPatch, shown

NAMED = 20  # files in a line


def show_leaks(name: str, found: Search) -> None:
    """Print a line for each patch that is not clean, and warnings about what could not be read."""
    say(f"study {name}: {found.places} records of uncommitted changes, {len(found.leaks)} to be cleaned")
    for leak in found.leaks:
        say(f"{leak.place}: {_in_words(leak.clean)}")
    show_warnings([*found.problems, *(["not everything could be looked into"] if found.problems else [])])


def confirm(name: str) -> bool:
    """Whether the user wants that. Raises UserError where nobody can be asked."""
    agreed = ask(f"remove this from the records of study {name} for good?", "nothing was removed", "remove")
    if not agreed:
        say("nothing was removed")
    return agreed


def show_removal(steps: Iterable[tuple[Leak, str]]) -> bool:
    """Print a line for each patch that was cleaned. Returns whether all of them were."""
    problems = []
    for leak, problem in steps:
        if problem:
            problems.append(f"{leak.place}: {problem}")
        else:
            say(f"cleaned: {leak.place}")
    show_warnings(problems)
    say("replace every key and password that was in them: others may have read it, and backups have it still")
    if problems:
        say("not everything was removed; the same command goes on with the rest")
    return not problems


def _in_words(clean: CleanPatch) -> str:
    parts = []
    if clean.left_out:
        more = f" and {len(clean.left_out) - NAMED} more" if len(clean.left_out) > NAMED else ""
        parts.append(f"{', '.join(map(shown, clean.left_out[:NAMED]))}{more} to be left out")
    if clean.masked:
        parts.append(f"{clean.masked} secrets to be masked")
    return "; ".join(parts) or "what an earlier version wrote, nothing of it secret by its looks"
