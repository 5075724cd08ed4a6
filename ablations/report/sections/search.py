"""The course of a search: how much was suggested, refused and stopped, what is confirmed, and Optuna's importances."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.report.words import counted, listed
from ablations.results.results import Result
from ablations.study.designs.search_options import LEARNING, SearchRecord
from ablations.study.record import StudyRecord
from ablations.workspace.explored import Suggestion, read_explored
from ablations.workspace.workspace import Workspace


@dataclass(frozen=True)
class Refused:
    """The suggestions that a rule forbids, and its reason."""

    reason: str
    times: int


@dataclass(frozen=True)
class Searched:
    """The first stage. `suggested` = trials + forbidden + repeated; a repeat is of an arm that had all its seeds.

    `statuses`: how many explored trials finished, were pruned...; `chosen`: the arms that are confirmed, None as long
    as that is not settled. `importances`: shares by setting, the largest first, and no effects; () where
    `no_importances` says why.
    """

    record: SearchRecord
    suggested: int
    trials: int
    repeated: int
    refused: tuple[Refused, ...]
    arms: int
    statuses: Mapping[str, int]
    chosen: tuple[str, ...] | None
    gave_up: str
    importances: tuple[tuple[str, float], ...]
    no_importances: str

    @property
    def forbidden(self) -> int:
        """How many suggestions a rule forbids."""
        return sum(one.times for one in self.refused)

    @property
    def sampler_learns(self) -> bool:
        """Whether suggestions depend on the scores of earlier trials."""
        return self.record.explore.sampler in LEARNING

    @property
    def told(self) -> tuple[str, ...]:
        """The numbers in sentences."""
        explore = self.record.explore
        whose = "was of an arm that had all its" if self.repeated == 1 else "were of arms that had all their"
        forbidden = f"{self.forbidden} {'is' if self.forbidden == 1 else 'are'} forbidden by a rule"
        said = [
            f"The sampler {explore.sampler} made {counted(self.suggested, 'suggestion')}: {self.trials} became trials "
            f"of {counted(self.arms, 'different arm')}, {self.repeated} {whose} "
            f"{counted(explore.seeds, 'seed')} already, and {forbidden}."
        ]
        if ends := [f"{count} {status}" for status, count in self.statuses.items()]:
            pruner = f"; pruned: stopped early by {explore.pruner}" if self.statuses.get("pruned") else ""
            said.append(f"Of the explored trials: {listed(ends)}{pruner}.")
        if self.gave_up:
            said.append(f"The search ended early: {self.gave_up}.")
        if self.chosen is None:
            said.append("Which arms are to be confirmed is not settled yet.")
        else:
            names = listed(self.chosen) if self.chosen else "none, for no explored arm has a FID"
            said.append(f"Confirmed on seeds that nothing was chosen by: {names}.")
        return tuple(said)


def searched_of(root: Path, record: StudyRecord, results: Sequence[Result]) -> Searched | None:
    """The search in this folder; None for another design. Raises UserError where its record can't be read."""
    if record.search is None:
        return None
    explored = read_explored(root)
    tried = [one for one in explored.suggestions if one.is_a == "trial"]
    shares, why_none = _importances(Workspace(root), Workspace(root).name)
    return Searched(
        record=record.search,
        suggested=len(explored.suggestions),
        trials=len(tried),
        repeated=sum(one.is_a == "repeated" for one in explored.suggestions),
        refused=_refused(explored.suggestions),
        arms=len({one.arm for one in tried}),
        statuses=dict(Counter(result.status for result in results if result.stage == "explore")),
        chosen=explored.chosen,
        gave_up=explored.gave_up,
        importances=shares,
        no_importances=why_none,
    )


def _refused(suggestions: Sequence[Suggestion]) -> tuple[Refused, ...]:
    reasons = Counter(one.reason for one in suggestions if one.is_a == "forbidden")
    return tuple(Refused(reason, times) for reason, times in reasons.most_common())


def _importances(workspace: Workspace, study: str) -> tuple[tuple[tuple[str, float], ...], str]:
    """The shares by setting, and why there are none."""
    if not workspace.optuna_db.exists():
        return (), "Optuna's storage does not lie in the study's folder"
    from ablations.search.importances import FEWEST, read_importances  # Optuna: a second to import

    shares = read_importances(workspace.optuna_uri, study)
    if shares is None:
        return (), f"Optuna's storage {workspace.optuna_db.name} can't be read, or holds no such search"
    if not shares:
        return (), f"fewer than {FEWEST} explored trials have a FID, or all have the same"
    return tuple(shares.items()), ""
