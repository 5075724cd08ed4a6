"""How often intervals hold the truth and single tests are wrong, on synthetic scores with known effects.

    python benchmarks/statistics_rates.py [STUDIES]

Writes its tables into docs/statistics_simulations.md, between the lines that mark them; those of verdicts by looks are
made by looks_rates.py. STUDIES (by default 1000) synthetic studies a cell; a share near 5 % then has a standard error
of 0.7. About five minutes on two cores.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import statistics_comparisons as comparisons
import statistics_factorials as factorials
import statistics_lost_runs as lost
from marked_tables import between, line

PAGE = Path(__file__).parent.parent / "docs" / "statistics_simulations.md"
NOISES = comparisons.NOISES
Table = tuple[str, str, list[str], Callable[[int], comparisons.Rows]]


def headings(*columns: str) -> list[str]:
    """The columns for each kind of noise."""
    return ["seeds", *(f"{noise}: {column}" for noise in NOISES for column in columns)]


TABLES: list[Table] = [
    ("coverage", "Intervals that hold the truth, in % (stated: 95)",
     [*headings("t", "BCa"), "only the arm skewed: t"], comparisons.coverage),
    ("single", "One comparison: p ≤ 0.05 where there is no effect, in % (stated: at most 5), and the power at the "
     "smallest detectable effect (stated: 80)", headings("t test", "sign flips", "power"), comparisons.single_tests),
    ("divergence", "A trick that makes 40 % of its runs diverge and the others 18 % better, one look: verdicts in %",
     ["seeds", "helps", "hurts", "no difference", "can't tell"], comparisons.divergence),
    ("factorial", "Factorial designs: intervals of effects that hold the truth, in % (stated: 95)",
     headings("2³", "2³ with holes", "half of 2⁴"), factorials.factorial),
    ("lost", "2³ with five seeds, runs lost in five ways: mean error of estimates on log FID, in % (± its standard "
     "error), and what is said of A at one look, which has no effect on scores",
     ["lost", "noise", "A off by", "B off by", "B:C off by", "interval of A holds 0", "A helps", "A hurts",
      "no difference", "can't tell"], lost.lost_runs),
    ("best", "Expected best after k trials of a search: intervals that hold the truth, in % (stated: 95)",
     ["trials", *(f"{noise}: k = {k}" for noise in ("log-normal", "with a floor") for k in (1, 5, 10))],
     factorials.best_after),
]  # fmt: skip


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with ProcessPoolExecutor(2) as pool:
        pending = [(*table, pool.submit(table[3], studies)) for table in TABLES]
        for name, title, columns, _, rows in pending:
            lines = [
                f"**{title}**; {studies} synthetic studies a cell",
                "",
                *map(line, (columns, ["---:"] * len(columns), *rows.result())),
            ]
            PAGE.write_text(between(PAGE.read_text(), f"<!-- rates: {name} -->", "\n".join(lines)))
            print(name, flush=True)


if __name__ == "__main__":
    main()
