"""arms: an explicit list, for a question that no other design answers."""

from collections.abc import Sequence
from typing import Any

from ablations.study.designs.layout import Combination, Design, DesignOptions, Layout
from gan_core.problems import Problem, UserError, nearest_name


def arms(factors: Sequence[str], options: DesignOptions) -> Layout:
    """The listed arms, the reference (the first, or the named one) before the others.

    An arm that was given by settings has one factor of its own, with the arm's name. Raises UserError for a factor or a
    reference that does not exist.
    """
    written = options.arms or {}
    problems = [problem for name, words in written.items() for problem in _unknown(name, words, factors)]
    reference = options.reference if options.reference is not None else next(iter(written))
    if reference not in written:
        nearest = nearest_name(reference, written)
        problems.append(Problem(f"no arm is called {reference!r}", ("reference",), ", ".join(written), nearest))
    if problems:
        raise UserError(*problems)
    combinations = [
        Combination(name, frozenset(_on(name, words)), where=("arms", name)) for name, words in written.items()
    ]
    combinations.sort(key=lambda combination: combination.arm != reference)
    return Layout(tuple(combinations), reference)


def _on(arm: str, words: tuple[str, ...] | dict[str, Any]) -> tuple[str, ...]:
    if isinstance(words, tuple):
        return words
    return (arm,) if words else ()


def _unknown(arm: str, words: object, factors: Sequence[str]) -> list[Problem]:
    if not isinstance(words, tuple):
        return []
    problems = []
    for position, name in enumerate(words):
        where = ("arms", arm, position)
        if name not in factors:
            message, nearest = f"no factor is called {name!r}", nearest_name(name, factors)
            problems.append(Problem(message, where, ", ".join(factors) or "none: there is no `tricks`", nearest))
        elif name in words[:position]:
            problems.append(Problem(f"{name!r} is there twice", where))
    return problems


ARMS = Design(
    "an explicit list of arms",
    arms,
    takes=frozenset({"arms", "reference"}),
    needs=frozenset({"arms"}),
)
