"""Numbers of the report as words: the same in sentences, in tables and on figures."""

import math
from collections.abc import Sequence

from ablations.statistics import Estimate, Rule

MINUS = "\N{MINUS SIGN}"
FEW = 6  # names in a sentence


def listed(names: Sequence[str], most: int = FEW) -> str:
    """'a', 'a and b', 'a, b and c'; of many 'a, b and 7 more'."""
    shown = [*names[: most - 1], f"{len(names) - most + 1} more"] if len(names) > most else list(names)
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


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
    return ("+" if ratio >= 1 else MINUS) + text


def effect_text(value: float, rule: Rule) -> str:
    """An effect as the rule shows it: '−20 %' of a ratio, '−0.12' of a difference."""
    if rule.scale == "log":
        return signed_percent(value)
    return "" if math.isnan(value) else f"{value:+.3g}".replace("-", MINUS)


def interval(estimate: Estimate, rule: Rule) -> str:
    """'[−40 %, −20 %]'; '' without one."""
    if math.isnan(estimate.low):
        return ""
    return f"[{effect_text(estimate.low, rule)}, {effect_text(estimate.high, rule)}]"


def change(ratio: float, rule: Rule) -> str:
    """'FID 20 % lower'."""
    if rule.scale == "plain":
        return f"difference {effect_text(ratio, rule)}"
    if ratio >= 5:
        return f"FID {ratio:.2g} times as high"
    return f"FID {percent_of(abs(ratio - 1))} {'lower' if ratio < 1 else 'higher'}"


def number(value: float | None, digits: int = 3) -> str:
    """Three digits that count; '' for a number that there is not."""
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    text = f"{value:.{digits}g}" if 1e-3 <= size < 10**digits else f"{value:.0f}" if 1 <= size < 1e6 else f"{value:.2g}"
    return text.replace("-", MINUS)
