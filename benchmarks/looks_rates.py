"""How often verdicts by looks are wrong, what they cost and what they find, on synthetic studies with known effects.

    python benchmarks/looks_rates.py [STUDIES [TABLE ...]]

Writes its tables into docs/statistics_simulations.md, between the lines that mark them. STUDIES (by default 4000)
synthetic studies a cell; a share near 5 % then has a standard error of 0.34. TABLE: `looks-cost` and so on, by default
all. Ten minutes on one core. The rule is not that of `ablations/statistics` but a second one, written from its
description: looks_rule.py. Both come to the same verdicts, study by study: tests/benchmarks/test_looks_rule.py.
"""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import looks_costs as costs
import looks_errors as errors
import looks_others as others
from marked_tables import between, line

PAGE = Path(__file__).parent.parent / "docs" / "statistics_simulations.md"
Table = tuple[str, str, Callable[[int], errors.Shown]]

TABLES: list[Table] = [
    ("looks-wrong", "Studies with any wrong verdict, in % (stated: at most 5), with hopeless arms stopped / with every "
     "undecided arm trained to the last look; looks after 5, 8, 12 and 20 seeds",
     errors.wrong_verdicts),
    ("looks-unlike", "Nothing acts, and arms scatter unlike: studies with any wrong verdict, in %, by one "
     "test of the older rule, by looks, and by looks without borrowed spread", errors.unlike_spreads),
    ("looks-diverged", "Eight arms of which runs diverge at random: studies with any wrong verdict, in % (stated: at "
     "most 5)", errors.with_diverged),
    ("looks-diverging", "A trick that makes 30 % of its runs diverge and the others 18 % better, next to seven without "
     "effect: what is said of it, in %", errors.diverging_trick),
    ("looks-cost", "What a study of eight arms costs and finds: 20 seeds and one test, one test at as many seeds as "
     "give as many right verdicts, and looks after 5, 8, 12 and 20 seeds", costs.costs),
    ("looks-power5", "Right verdicts of a study of eight arms with five seeds", costs.five_seeds),
    ("looks-open", "Somebody who adds seeds until something is decided, with the looks of a plain `seeds: n`, and with "
     "one test after each seed: studies with any wrong verdict, in % (stated: at most 5)", costs.open_ended),
    ("looks-claims", "Eight arms and six claims in one family (three of two arms, three interactions): studies with "
     "any wrong verdict, in % (stated: at most 5)", others.claims),
    ("looks-factorial", "Factorial designs by looks: studies with any wrong verdict, in % (stated: at most 5), and "
     "runs that a study took", others.factorials),
    ("looks-factorial-diverged", "Factorial designs of which runs diverge, looks after 3, 5 and 8 seeds: 'A helps', "
     "and studies with any wrong verdict, in %, by what is asked of scores whose side diverges more",
     others.lost_runs),
]  # fmt: skip


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    error = 100 * math.sqrt(0.05 * 0.95 / studies)
    for name, title, make in [table for table in TABLES if not sys.argv[2:] or table[0] in sys.argv[2:]]:
        began = time.monotonic()
        columns, rows, sentence = make(studies)
        lines = [
            f"**{title}**; {studies} synthetic studies a cell, so 5.0 has a standard error of {error:.2f}",
            "",
            *map(line, (columns, ["---"] + ["---:"] * (len(columns) - 1), *rows)),
            *(["", sentence] if sentence else []),
        ]
        PAGE.write_text(between(PAGE.read_text(), f"<!-- rates: {name} -->", "\n".join(lines)))
        print("\n".join(lines), f"\n{name}: {time.monotonic() - began:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
