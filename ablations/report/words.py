"""Numbers of the report as words: the same in sentences, in tables and on figures."""

import math
from collections.abc import Sequence

from ablations.statistics import Estimate, Rule

MINUS = "\N{MINUS SIGN}"
FEW = 6  # names in a sentence
FACTOR, LUDICROUS = 3, 100  # ratios that are told as factors, and one beyond which the number says no more


def listed(names: Sequence[str], most: int = FEW) -> str:
    """'a', 'a and b', 'a, b and c'; of many 'a, b and 7 more'."""
    shown = [*names[: most - 1], f"{len(names) - most + 1} more"] if len(names) > most else list(names)
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def counted(count: int, what: str) -> str:
    """'1 seed', '3 seeds'."""
    return f"{count} {what}{'s' if count != 1 else ''}"


def metric_label(metric: str) -> str:
    """'FID', 'kimg to best'."""
    return metric.upper() if len(metric) <= 3 else metric.replace("_", " ")


def percent_of(part: float) -> str:
    """0.1 -> '10 %'; one digit behind the point below 10 where there is something."""
    value = 100 * part
    digits = 1 if abs(value) < 10 and not math.isclose(value, round(value), abs_tol=0.05) else 0
    return f"{value:.{digits}f} %"


def signed_percent(ratio: float) -> str:
    """1.2 -> '+20 %', 0.8 -> '−20 %'; from a factor of 5 on '×7.1'. '' for NaN."""
    if math.isnan(ratio):
        return ""
    if ratio >= 5:
        return f"×{ratio:.2g}" if ratio < 100 else f"×{ratio:.0f}" if math.isfinite(ratio) else "×∞"
    text = percent_of(abs(ratio - 1))
    if text == percent_of(0):
        return text
    return ("+" if ratio >= 1 else MINUS) + text


def effect_text(value: float, rule: Rule) -> str:
    """An effect as the rule shows it: '−20 %' of a ratio, '−0.12' of a difference."""
    if rule.scale == "log":
        return signed_percent(value)
    return "" if math.isnan(value) else f"{value:+.3g}".replace("-", MINUS)


def interval(estimate: Estimate, rule: Rule) -> str:
    """'[−40 %, −20 %]', '[−99 %, >×100]'; '' without one."""
    if math.isnan(estimate.low):
        return ""
    is_far = rule.scale == "log" and estimate.high > LUDICROUS
    high = f">×{LUDICROUS}" if is_far else effect_text(estimate.high, rule)
    return f"[{effect_text(estimate.low, rule)}, {high}]"


def change(ratio: float, rule: Rule) -> str:
    """'FID 20 % lower'."""
    if rule.scale == "plain":
        return f"difference {effect_text(ratio, rule)}"
    if ratio >= 5:
        return f"FID {ratio:.2g} times as high"
    return f"FID {percent_of(abs(ratio - 1))} {'lower' if ratio < 1 else 'higher'}"


def _least(ratio: float, rule: Rule) -> str:
    """A ratio above 1 or a difference: '30 %', 'a factor of 7.1'."""
    if rule.scale == "plain":
        return f"{ratio:.2g}"
    return percent_of(ratio - 1) if ratio < FACTOR else f"a factor of {ratio:.2g}"


def could_show(detectable: float, seeds: int, rule: Rule) -> str:
    """What these seeds would have shown: '5 seeds would most likely show a difference of 30 % or more'."""
    if math.isinf(detectable) or (rule.scale == "log" and detectable >= LUDICROUS):
        return f"{counted(seeds, 'seed')} would hardly show any difference"
    return f"{counted(seeds, 'seed')} would most likely show a difference of {_least(detectable, rule)} or more"


def would_take(seeds_needed: int) -> str:
    """How many seeds would show the difference that was measured."""
    return f"about {seeds_needed} would show one as large as was seen here"


def score(value: float | None) -> str:
    """A score with the digits that the leaderboard shows: '2.10', '21.9'; more of one below 0.1."""
    if value is None or not 0.1 <= abs(value) < 1e6:
        return number(value)
    return f"{value:.{2 if abs(value) < 10 else 1}f}".replace("-", MINUS)


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits; '' where there is no number."""
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    text = f"{value:.{digits}g}" if 1e-3 <= size < 10**digits else f"{value:.0f}" if 1 <= size < 1e6 else f"{value:.2g}"
    return text.replace("-", MINUS)
