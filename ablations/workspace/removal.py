"""What a study left on this machine and elsewhere, and how its folder is removed.

Stores in the study's folder go with it. Files that other studies took over are hard links: theirs stay.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.addresses import HIDDEN, scheme_of, without_password
from ablations.workspace.cursor import Cursor, read_cursor
from ablations.workspace.execution_record import executions_of
from ablations.workspace.mending import refuse_without_traces
from ablations.workspace.model_record import ModelCursor, models_of
from ablations.workspace.trial_record import RECORD, TrialRecord, read_trial_record
from ablations.workspace.workspace import Workspace
from gan_core.problems import UserError


@dataclass(frozen=True)
class StoreTraces:
    """What is known in the folder of MLflow's side, by store (without a password): runs, and logged models."""

    trials: dict[str, tuple[str, ...]]
    executions: dict[str, tuple[str, ...]]
    models: dict[str, tuple[ModelCursor, ...]]

    @property
    def stores(self) -> tuple[str, ...]:
        """All stores."""
        return tuple(dict.fromkeys([*self.executions, *self.trials, *self.models]))


@dataclass(frozen=True)
class FolderContents:
    """A study's folder. `files` and `size`: all below it, bytes; `taken_by`: studies that took trials over from it."""

    root: Path
    files: int
    size: int
    trials: int
    has_ledger: bool
    has_store: bool
    taken_by: tuple[str, ...]


def folder_contents(workspace: Workspace) -> FolderContents:
    """The size of the study's folder, and which studies took trials over from it."""
    files = [path for path in workspace.root.rglob("*") if path.is_file()]
    return FolderContents(
        root=workspace.root,
        files=len(files),
        size=sum(path.stat().st_size for path in files),
        trials=sum(1 for _ in workspace.trials.glob(f"*/{RECORD}")),
        has_ledger=workspace.optuna_db.exists(),
        has_store=workspace.mlflow_db.exists(),
        taken_by=_taken_by(workspace),
    )


def traces_of(workspace: Workspace) -> StoreTraces:
    """What the study's cursors tell. Raises UserError for one that can't be read: stores would keep what it names."""
    refuse_without_traces(workspace.root, "`sync`, which looks for it in the store; or --local, to leave that as it is")
    models: defaultdict[str, list[ModelCursor]] = defaultdict(list)
    trials = _by_store(read_cursor(path) for path in sorted(workspace.trials.glob("*")))
    executions = _by_store(read_cursor(folder) for folder in executions_of(workspace.root))
    for model in models_of(workspace.root):
        models[model.tracking_uri].append(model)
    return StoreTraces(trials, executions, {uri: tuple(own) for uri, own in models.items()})


def stores_elsewhere(known: Sequence[str], given: str | None) -> tuple[list[str], list[str], list[str]]:
    """The stores to open, those whose password is not known, and those in files: `given`, and those that are `known`.

    Those in files may be another folder's, which this one is a copy of.
    """
    addresses = [] if given is None else [given]
    others = [uri for uri in known if uri not in map(without_password, addresses)]
    files = [uri for uri in others if scheme_of(uri) == "sqlite"]
    closed = [uri for uri in others if uri not in files and HIDDEN in uri]
    return [*addresses, *(uri for uri in others if uri not in files and uri not in closed)], closed, files


def remove_folder(workspace: Workspace) -> None:
    """Remove the folder, and a symbolic link to it that is named in its place. The caller holds the lock.

    It is moved out of sight first, in one step: neither another process that begins a study of this name, nor one that
    looks for trials to take over, meets half of it.
    """
    root = workspace.root.resolve()
    with tempfile.TemporaryDirectory(prefix=".deleted-", dir=root.parent, ignore_cleanup_errors=True) as aside:
        root.rename(Path(aside) / root.name)
        if workspace.root.is_symlink():
            workspace.root.unlink()
        shutil.rmtree(Path(aside) / root.name)


def _by_store(cursors: Iterable[Cursor | None]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for cursor in cursors:
        if cursor is not None:
            found[cursor.tracking_uri].append(cursor.run_id)
    return {uri: tuple(runs) for uri, runs in found.items()}


def _taken_by(workspace: Workspace) -> tuple[str, ...]:
    records = _other_records(workspace)
    return tuple(sorted({r.study for r in records if (r.reused_from or "").startswith(f"{workspace.name}/")}))


def _other_records(workspace: Workspace) -> Iterator[TrialRecord]:
    for path in workspace.root.parent.glob(f"*/trials/*/{RECORD}"):
        if path.parents[2].resolve() != workspace.root.resolve():
            try:
                yield read_trial_record(path.parent)
            except (OSError, UserError):
                continue  # somebody else's folder
