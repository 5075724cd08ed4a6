"""The words in which a plan says what can be shown."""

import sys

from ablations.plan import Plan
from ablations.results.run_spread import RunSpread
from ablations.statistics import Rule
from ablations.study.questions import has_factor_effects

MOST_TIMES = 10.0  # no trick changes an FID more


def asked(plan: Plan) -> str:
    """What is tested together: '4 comparisons and 2 claims', '4 comparisons, 2 claims and 4 guards'."""
    count = plan.asked
    effects = counted(count.effects, "effect" if has_factor_effects(plan.study) else "comparison")
    if count.blocks > 1:
        effects += f" over {count.blocks} settings (and in each, and between them)"
    further = [counted(n, what) for n, what in ((count.claims, "claim"), (count.guards, "guard")) if n]
    return " and ".join([", ".join([effects, *further[:-1]]), *further[-1:]])


def often(rule: Rule) -> str:
    """How often: the rule's power."""
    return "4 times in 5" if rule.power == 0.8 else f"{100 * rule.power:g} times in 100"


def counted(count: int, noun: str) -> str:
    """'1 seed', '2 seeds'."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def spread_in_words(spread: RunSpread, sd: float | None, of: str, rule: Rule) -> str:
    """How far runs are apart, and how that is known."""
    if sd is None:
        return "spread not known: no finished runs like these are here, so what can be shown is not known either"
    score = "log FID" if rule.scale == "log" else "FID"
    text = f"spread {sd:.2g} (sd of {of}, {score})"
    if spread.source == "assumed":
        return f"{text} assumed: no finished runs like these are here"
    runs = counted(spread.runs, "run")
    return (
        f"{text} from this study's {runs}"
        if spread.source == "own"
        else f"{text} from study {spread.study} ({runs}) like it"
    )


def found(shown: float, rule: Rule) -> str:
    """The smallest effect that would be found."""
    if rule.scale == "plain":
        return f"an FID {shown:.3g} from another or more"
    return "nothing below tenfold" if shown > MOST_TIMES else f"an FID {shown:.2f} times another or more"


def short(shown: float | None, rule: Rule) -> str:
    """The smallest effect for a table: 'x1.34'."""
    if shown is None:
        return "-"
    if rule.scale == "plain":
        return f"{shown:.3g}"
    return f"nothing below x{MOST_TIMES:g}" if finds_nothing(shown, rule) else f"x{shown:.2f}"


def finds_nothing(shown: float | None, rule: Rule) -> bool:
    """Whether the smallest effect that would be found is larger than any that there is."""
    return shown is None or shown > (MOST_TIMES if rule.scale == "log" else sys.float_info.max)
