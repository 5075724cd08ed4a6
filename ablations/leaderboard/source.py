"""Where a leaderboard's results come from: studies on disk, a table of runs, or (`ablations.tracking`) a store."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from ablations.leaderboard.board import leaderboard_of
from ablations.leaderboard.context import Context, Contexts, read_context
from ablations.leaderboard.explain import Journal
from ablations.leaderboard.records import Leaderboard
from ablations.results.from_table import read_runs
from ablations.results.journal_mending import reader_warnings
from ablations.results.results import Result, in_order, read_results, trial_directories
from ablations.study.claims.measures import Of
from ablations.study.record import StudyRecord
from ablations.workspace.workspace import Workspace, find_workspace
from gan_core import journal
from gan_core.events import AnyEvent
from gan_core.problems import Problem, UserError

MOST_NAMED = 5  # arms in a message


@dataclass(frozen=True)
class ResultSource:
    """Results, the context of each of their studies, and a way to each run's journal.

    `warning`: what is missing, a line each. `studies`: what the study in a folder is called here, by folder.
    """

    results: tuple[Result, ...]
    journal_of: Journal
    contexts: Contexts = field(default_factory=dict)
    warning: str = ""
    studies: Mapping[Path, str] = field(default_factory=dict)

    def leaderboard(self, ranked_by: Of = "best") -> Leaderboard:
        """The arms of all its studies, ranked."""
        return leaderboard_of(self.results, ranked_by, self.contexts)


def from_disk(studies: Sequence[str], runs: Path) -> ResultSource:
    """Studies by their files, names or folders. Raises UserError where there is none."""
    if not studies:
        raise UserError(Problem("which study?", ("STUDY",), allowed="a study file, a study's name or its folder"))
    workspaces = [find_workspace(study, runs) for study in studies]
    for workspace in workspaces:
        workspace.record()  # without it rule and claims would be missing from the table
    return from_folders([workspace.root for workspace in workspaces])


def from_folders(roots: Sequence[Path]) -> ResultSource:
    """Studies by their folders, whatever these are called: what lies in a folder counts, also its study's name.

    Studies of one name are told apart by their folders.
    """
    folders = list({root.resolve(): root for root in reversed(roots)}.values())[::-1]
    source = _source_of({root: read_results(trial_directories(root)) for root in folders})
    return replace(source, warning="\n".join(chain.from_iterable(map(reader_warnings, folders))))


def from_table(table: Path, study_files: Sequence[str]) -> ResultSource:
    """The runs that `--runs-csv` wrote. Rule, looks and claims are those of the study files.

    A single file is taken for the study of a table that has one, whatever it is called there (`run --as`).
    Raises UserError for files that don't fit, and for a search, whose table doesn't say which runs explored.
    """
    from ablations.study.study import load_study  # brings the trainer, which readers of a folder can do without

    results = read_runs(table)
    names = list(dict.fromkeys(result.study for result in results))
    records = [load_study(Path(file)).record() for file in study_files]
    if len(records) == len(names) == 1:
        records = [records[0].model_copy(update={"name": names[0]})]
    problems = [
        Problem(f"has no runs of study {record.name}", source=str(table), allowed=", ".join(names))
        for record in records
        if record.name not in names
    ]
    problems += [Problem(f"{record.name} is a search", ("--from-csv",)) for record in records if record.search]
    problems += [problem for record in records for problem in _other_arms(record, results, table)]
    if problems:
        raise UserError(*problems)
    contexts = {record.name: Context(study=record) for record in records}
    return ResultSource(results, _no_journal, contexts, "\n".join(_said_of_files(results, contexts)))


def _other_arms(record: StudyRecord, results: Sequence[Result], table: Path) -> Iterator[Problem]:
    """Runs of arms that the study has not: then the file is another study's."""
    arms = [arm.name for arm in record.arms]
    others = dict.fromkeys(result.arm for result in results if result.study == record.name and result.arm not in arms)
    if others:
        message = f"{len(others)} of its arms are none of the study file's: {', '.join(list(others)[:MOST_NAMED])}"
        yield Problem(message, source=str(table), allowed="the file of the study that the runs are of")


def _said_of_files(results: Sequence[Result], contexts: Contexts) -> Iterator[str]:
    """What of the runs is judged without its study's file, and which arms of a file have no runs."""
    for name in dict.fromkeys(result.study for result in results):
        study = contexts[name].study if name in contexts else None
        if study is None:
            yield f"{name}: judged by the usual rule, at one look and without claims, for no study file was named"
        else:
            there = {result.arm for result in results if result.study == name}
            lacking = [arm.name for arm in study.arms if arm.name not in there]
            if lacking:
                named = ", ".join(lacking[:MOST_NAMED])
                yield f"{name}: no runs of {len(lacking)} arms of the study file ({named}): is it this study's?"


def source_of(results: tuple[Result, ...], root: Path) -> ResultSource:
    """The results of the study in this folder, with what the folder says of the study now."""
    return _source_of({root: results})


def _source_of(by_folder: Mapping[Path, tuple[Result, ...]]) -> ResultSource:
    studies = _told_apart(list(by_folder))
    found: list[tuple[Result, ...]] = []
    contexts: dict[str, Context] = {}
    for root, results in by_folder.items():
        context = read_context(root)
        if context.study is not None:  # otherwise it holds trials alone, which say what study they are of
            results = _called(results, studies[root])
        found.append(results)
        contexts |= dict.fromkeys([studies[root], *(result.study for result in results)], context)
    joined = found[0] if len(found) == 1 else in_order(chain(*found))
    return ResultSource(joined, _journal_on_disk, contexts, studies=studies)


def _called(results: tuple[Result, ...], study: str) -> tuple[Result, ...]:
    """The results as this study's; the same object where they say so already."""
    if all(result.study == study for result in results):
        return results
    return in_order(replace(result, study=study) for result in results)


def _told_apart(folders: Sequence[Path]) -> dict[Path, str]:
    """By folder what its study is called: of those with one name the folder's name follows, or all of its path."""
    names = {root: Workspace(root).name for root in folders}
    several = Counter(names.values())
    called = Counter((names[root], root.absolute().name) for root in folders)
    found = {}
    for root, name in names.items():
        folder = root.absolute().name
        is_alone = called[name, folder] == 1
        where = folder if is_alone else str(root)
        found[root] = name if several[name] == 1 or (is_alone and folder == name) else f"{name} ({where})"
    return found


def _no_journal(result: Result) -> list[AnyEvent]:
    raise UserError(Problem("a table of runs holds no journals", ("--explain",), "without --from-csv"))


def _journal_on_disk(result: Result) -> list[AnyEvent]:
    return journal.read(Path(result.directory))
