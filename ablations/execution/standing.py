"""Where the questions of a study stand while it runs: what its looks have said, and what the next one needs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ablations.execution.progress import StudyProgress
from ablations.leaderboard import Table
from ablations.leaderboard.across_records import Across
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Finished


@dataclass(frozen=True)
class NextLook:
    """What the next look needs. `arms`: those that get more seeds, () for all of them.

    `runs` and `seconds`: those of this study file that are lacking; `seconds` is None where no run has ended yet.
    `lacks`: by how many seeds the study file has too few for it.
    """

    number: int  # 1 for the first
    seeds: int
    arms: tuple[str, ...]
    runs: int
    seconds: float | None
    lacks: int = 0


@dataclass(frozen=True)
class Standing:
    """The table that the looks are taken on, with all verdicts so far; of a study across several settings what it says
    of all of them. `next`: None where no look is to come.
    """

    table: Table | Across
    next: NextLook | None


OnLook = Callable[[Standing], None]


def standing_of(
    table: Table | Across,
    trials: Collection[Trial],
    seeds: Sequence[int],
    progress: StudyProgress,
    journals: Mapping[str, Sequence[AnyEvent]],
    workers: int,
) -> Standing:
    """The standing after the looks that `table` has taken. `trials`: all of the study; `seeds`: in its order.

    How long the next look takes is told from the pace of this execution, or from what runs took before it.
    """
    state = table.looks
    if state.next_seeds is None:
        return Standing(table, None)
    first, arms = set(seeds[: state.next_seeds]), set(state.going_on)
    asked = [trial for trial in trials if trial.arm.name in arms and trial.seed in first]
    lacking = [trial for trial in asked if trial.name not in progress.done and trial.name not in progress.failed]
    images = sum(map(progress.images_left, lacking))
    pace = progress.seconds_per_image
    if pace is None and (before := _seconds_per_image(journals)) is not None:
        pace = before / workers
    return Standing(
        table,
        NextLook(
            number=state.taken + 1,
            seeds=state.next_seeds,
            arms=() if state.all_go_on else state.going_on_alone,
            runs=len(lacking),
            seconds=None if pace is None else pace * images,
            lacks=max(0, state.next_seeds - len(seeds)),
        ),
    )


def _seconds_per_image(journals: Mapping[str, Sequence[AnyEvent]]) -> float | None:
    """What an image took in the runs that have ended, each by itself; None where none has."""
    ends = [events[-1] for events in journals.values() if events and isinstance(events[-1], Finished)]
    images = sum(end.images for end in ends)
    return sum(end.wall_s for end in ends) / images if images else None
