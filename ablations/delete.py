"""Everything that a study left behind, found first and then removed: its folder, its ledgers, its runs in MLflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ablations.addresses import without_password
from ablations.workspace.explored import NAME as EXPLORED
from ablations.workspace.explored import confirmed_ledger
from ablations.workspace.identity import read_identity, standing_of
from ablations.workspace.removal import (
    FolderContents,
    StoreTraces,
    folder_contents,
    remove_folder,
    stores_elsewhere,
    traces_of,
)
from ablations.workspace.workspace import Workspace
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.execution.progress import OnStep
    from ablations.tracking.mlflow.removal import StoreContents


@dataclass(frozen=True)
class Everything:
    """Everything that one study left behind.

    `ledgers`: in a storage elsewhere, by Optuna's name, the number of trials; `warnings`: what may be left.
    """

    workspace: Workspace
    folder: FolderContents
    traces: StoreTraces
    stores: tuple["StoreContents", ...]
    storage: str | None
    ledgers: dict[str, int]
    warnings: tuple[str, ...]


def find_everything(workspace: Workspace, tracking_uri: str | None, storage: str | None, *, local: bool) -> Everything:
    """Find everything, on this machine and, unless `local`, elsewhere. The caller holds the study's lock.

    Elsewhere: the store at `tracking_uri`, the servers that the folder names, and the Optuna `storage`. Raises
    UserError where one does not answer, or can't be opened without a password that the folder does not have.
    """
    folder = folder_contents(workspace)
    standing = standing_of(workspace.root)
    if local or standing == "copy":
        nothing = StoreTraces({}, {}, {})
        stays = "what servers have of it stays there"
        if not local and (original := read_identity(workspace.root)) is not None:
            stays = f"it is a copy of {original.path}, and what servers have is the original's: that stays there"
        return Everything(workspace, folder, nothing, (), None, {}, (stays,))
    traces = traces_of(workspace)
    uris = _addresses(traces.stores, tracking_uri)
    if standing == "elsewhere" and (uris or storage is not None):
        raise _maybe_a_copy(workspace)
    stores: list[StoreContents] = []
    if uris:
        from ablations.tracking.mlflow.removal import look

        stores = [look(uri, workspace.name, workspace.root, traces) for uri in uris]
    ledgers: dict[str, int] = {}
    warnings = []
    if storage is not None:
        from ablations.search.ownership import ledgers_of

        is_search = (workspace.root / EXPLORED).exists()
        names = [workspace.name, *([confirmed_ledger(workspace.name)] if is_search else [])]
        ledgers = ledgers_of(storage, names, workspace.root)
    elif folder.trials and not folder.has_ledger:
        warnings.append("its Optuna ledger is not in the folder; where it is on a server, --storage deletes it too")
    return Everything(workspace, folder, traces, tuple(stores), storage, ledgers, tuple(warnings))


def remove_everything(found: Everything, on_step: "OnStep") -> None:
    """Delete all of it, the folder last, so that the same command can go on after a failure. Raises UserError."""
    for store in found.stores:
        from ablations.tracking.mlflow.removal import remove

        on_step(f"deleting from MLflow at {without_password(store.uri)}")
        remove(store)
    if found.storage is not None and found.ledgers:
        from ablations.search.storage import remove_ledgers

        on_step(f"deleting from Optuna's storage {without_password(found.storage)}")
        remove_ledgers(found.storage, list(found.ledgers))
    on_step(f"deleting {found.folder.root}")
    remove_folder(found.workspace)


def embedded_counts(found: Everything) -> tuple[int, int, int]:
    """The runs, logged models and registered versions in the folder's own store, according to its cursors."""
    uri = found.workspace.mlflow_uri
    models = found.traces.models.get(uri, ())
    runs = len(found.traces.trials.get(uri, ())) + len(found.traces.executions.get(uri, ()))
    return runs, len(models), sum(len(model.registered) for model in models)


def _maybe_a_copy(workspace: Workspace) -> UserError:
    """Whether the original still lies on the other machine can't be seen from here."""
    identity = read_identity(workspace.root)
    place = "another machine" if identity is None else identity.place
    message = f"the folder was last worked with as {place}, and may be a copy: what servers have may be the original's"
    way_on = "--local, to leave servers as they are; or `sync` first, where this folder is what remains of the study"
    return UserError(Problem(message, source=str(workspace.root), allowed=way_on))


def _addresses(known: Sequence[str], given: str | None) -> list[str]:
    """The stores to look into.

    Files in other folders are touched only if they are named: a copied folder names them too.
    """
    open_ones, closed, _ = stores_elsewhere(known, given)
    for uri in closed:
        message = f"the study has runs in {uri}, whose password is kept nowhere"
        raise UserError(Problem(message, ("--tracking-uri",), "its whole address; or --local, to leave it as it is"))
    return open_ones
