"""All results -> the tables of all studies: one for each study and protocol, and for each setting of a study across
several. Scores of different protocols are never ranked together.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ablations.leaderboard.across import tables_across
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.context import Context, Contexts
from ablations.leaderboard.rank import stamp_of, table_by_itself
from ablations.leaderboard.records import Leaderboard, Table
from ablations.results.results import Result, in_order
from ablations.study.claims.measures import Of
from gan_core.problems import UserError

UNKNOWN = Context()


def leaderboard_of(results: Sequence[Result], ranked_by: Of = "best", contexts: Contexts | None = None) -> Leaderboard:
    """Rank the arms; a study that is not in `contexts` has the default rule and no claims.

    Raises UserError if two trials are the same arm and seed of one study.
    """
    results = in_order(results)
    _refuse_doubles(results)
    contexts = contexts or {}
    tables: list[Table] = []
    across: list[Across] = []
    for study, own in groupby(results, key=lambda result: result.study):
        trials, context = list(own), contexts.get(study, UNKNOWN)
        if context.study is not None and context.study.blocks:
            found, together = tables_across(trials, ranked_by, context, context.study, _ended(trials, context))
            tables += found
            across.append(together)
        else:
            tables += _tables(trials, ranked_by, context)
    return Leaderboard(tuple(tables), tuple(across))


def _refuse_doubles(results: Sequence[Result]) -> None:
    trials: dict[tuple[str, str, int], list[Result]] = {}
    for result in results:
        trials.setdefault((result.study, result.arm, result.seed), []).append(result)
    doubles = [
        f"two trials of study {study!r} are arm {arm!r}, seed {seed}: " + ", ".join(one.place for one in same)
        for (study, arm, seed), same in trials.items()
        if len(same) > 1
    ]
    if doubles:
        raise UserError(*doubles)


def _tables(trials: Sequence[Result], of: Of, context: Context) -> Iterator[Table]:
    """A trial without a FID has no protocol to go by: it counts in each table of its study."""
    stamps = [stamp_of(trial, of) for trial in trials]
    for stamp in sorted(set(stamps) - {""}) or [""]:
        here = [trial for trial, own in zip(trials, stamps, strict=True) if own in (stamp, "")]
        entries = [entry for entry in context.entries if entry.protocol == stamp]
        yield table_by_itself(here, of, context, entries, _ended(trials, context))


def _ended(trials: Sequence[Result], context: Context) -> dict[str, set[int]]:
    """By arm the seeds whose runs have ended, whatever their outcome and protocol: what a look waits for.

    Where no record says which runs there are to be, nothing is waited for.
    """
    if context.study is None:
        seeds = {trial.seed for trial in trials if trial.stage != "explore"}
        return {trial.arm: seeds for trial in trials if trial.stage != "explore"}
    ended: dict[str, set[int]] = {arm.name: set() for arm in context.study.arms}
    for trial in trials:
        if trial.stage != "explore":
            own = ended.setdefault(trial.arm, set())
            own |= {trial.seed} if trial.status != "unfinished" else set()
    return ended
