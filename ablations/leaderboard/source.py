"""Where a leaderboard's results come from: studies on disk, or (`ablations.tracking`) a tracking store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ablations.leaderboard.context import Contexts, read_context
from ablations.leaderboard.explain import Journal
from ablations.leaderboard.rank import leaderboard_of
from ablations.leaderboard.records import Leaderboard
from ablations.results.results import Result, read_results, trial_directories
from ablations.study.claims.measures import Of
from ablations.workspace.workspace import find_workspace
from gan_core import journal
from gan_core.events import AnyEvent
from gan_core.problems import Problem, UserError


@dataclass(frozen=True)
class ResultSource:
    """Results, the context of each of their studies, and a way to each run's journal.

    `warning`: what is missing, a line each.
    """

    results: tuple[Result, ...]
    journal_of: Journal
    contexts: Contexts = field(default_factory=dict)
    warning: str = ""

    def leaderboard(self, ranked_by: Of = "best") -> Leaderboard:
        """The arms of all its studies, ranked."""
        return leaderboard_of(self.results, ranked_by, self.contexts)


def from_disk(studies: Sequence[str], runs: Path) -> ResultSource:
    """Studies by their files, names or folders. Raises UserError where there is none, or where two have one name."""
    if not studies:
        raise UserError(Problem("which study?", ("STUDY",), allowed="a study file, a study's name or its folder"))
    return from_folders([find_workspace(study, runs).root for study in studies])


def from_folders(roots: Sequence[Path]) -> ResultSource:
    """Studies by their folders."""
    folders = list(dict.fromkeys(root.resolve() for root in roots))
    names = [folder.name for folder in folders]
    if doubles := [str(folder) for folder in folders if names.count(folder.name) > 1]:
        raise UserError(Problem("two folders hold a study of one name", ("STUDY",), source=", ".join(doubles)))
    results = read_results([directory for root in dict.fromkeys(roots) for directory in trial_directories(root)])
    return source_of(results, folders)


def source_of(results: tuple[Result, ...], folders: Iterable[Path]) -> ResultSource:
    """The results of the studies in these folders, with what the folders say of each study now."""
    return ResultSource(results, _journal_on_disk, {folder.name: read_context(folder) for folder in folders})


def _journal_on_disk(result: Result) -> list[AnyEvent]:
    return journal.read(Path(result.directory))
