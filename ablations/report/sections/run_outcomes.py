"""The outcomes of the runs: which diverged or failed and why, and the verdicts on the others with their evidence."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ablations.report.sections.run_facts import HEALTHY, RunFacts
from ablations.results.results import Result

MOST_RUNS = 40  # that are listed one by one
LOST = ("diverged", "failed")
UNCLEAR = "can't tell"


@dataclass(frozen=True)
class Ended:
    """A run that needs a word. `what`: its status where it is lost, else the verdict on it."""

    arm: str
    seed: int
    what: str
    kimg: float
    why: str


@dataclass(frozen=True)
class Ends:
    """`statuses` and `verdicts` count all runs; of those `amiss` at most MOST_RUNS are listed, `more` are not."""

    runs: int
    statuses: dict[str, int]
    verdicts: dict[str, int]
    amiss: tuple[Ended, ...]
    more: int


def ends_of(results: Sequence[Result], facts_of: Callable[[Result], RunFacts]) -> Ends:
    """The outcomes of the runs; `facts_of` is called for listed runs only.

    A verdict "can't tell" is counted, not listed.
    """
    lost = [result for result in results if result.status in LOST]
    unwell = [
        result
        for result in results
        if result.status not in LOST and result.summary.run_verdict not in (None, HEALTHY, UNCLEAR)
    ]
    amiss = [*lost, *unwell]
    return Ends(
        runs=len(results),
        statuses=dict(Counter(result.status for result in results)),
        verdicts=dict(Counter(kind for result in results if (kind := result.summary.run_verdict) is not None)),
        amiss=tuple(_ended(facts_of(result)) for result in amiss[:MOST_RUNS]),
        more=max(0, len(amiss) - MOST_RUNS),
    )


def _ended(facts: RunFacts) -> Ended:
    lost = facts.status in LOST
    what = facts.status if lost else str(facts.verdict)
    return Ended(facts.arm, facts.seed, what, facts.kimg, facts.reason if lost else "; ".join(facts.evidence))
