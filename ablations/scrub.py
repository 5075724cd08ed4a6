"""Recorded patches that hold what no record may hold: found in a study's folder and in tracking stores, and cleaned.

Versions before 0.2.0 wrote the content of untracked files into them.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy

from ablations.addresses import without_password
from ablations.workspace.execution_record import FOLDER
from ablations.workspace.execution_record import NAME as EXECUTION
from ablations.workspace.identity import names_on_servers, read_identity
from ablations.workspace.patches import NAME as PATCH
from ablations.workspace.patches import CleanPatch, cleaned
from ablations.workspace.removal import StoreTraces, stores_elsewhere, traces_of
from ablations.workspace.workspace import Workspace
from gan_core.machine import files
from gan_core.problems import UserError

if TYPE_CHECKING:
    from ablations.tracking.mlflow.scrub import RunPatch


@dataclass(frozen=True)
class Leak:
    """A patch that is to be cleaned. `place`: where, in words; `clean`: what stays; `replace` puts that there."""

    place: str
    clean: CleanPatch
    replace: Callable[[], None]


@dataclass(frozen=True)
class Search:
    """What was found. `places`: how many patches were read; `problems`: what could not be read, and why."""

    leaks: tuple[Leak, ...]
    places: int
    problems: tuple[str, ...]


def find_leaks(workspace: Workspace, tracking_uri: str | None, *, local: bool) -> Search:
    """Read every patch on record here and, unless `local`, in the stores that have the study.

    What can't be read, or does not answer, becomes a problem, and the rest is read all the same. The caller holds the
    study's lock.
    """
    leaks, problems, places = [], [], 0
    for path in sorted(workspace.root.rglob("*")):
        if path.name not in (PATCH, EXECUTION, f"{EXECUTION}.tmp") or path.is_symlink() or not path.is_file():
            continue
        try:
            clean = cleaned_file(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            problems.append(f"{path}: can't be read ({type(error).__name__}); look at it, and remove what is secret")
            continue
        places += 1
        if clean is not None:
            leaks.append(Leak(str(path), clean, lambda path=path: _clean_file(path)))  # type: ignore[misc]
    if local:
        return Search(tuple(leaks), places, tuple(problems))
    for uri in _stores(workspace, tracking_uri, problems):
        from ablations.tracking.mlflow.scrub import patches_in

        try:
            found, unread = patches_in(uri, _experiments(workspace), _executions(workspace), _known(workspace, uri))
        except UserError as error:
            problems.extend(map(str, error.problems))
            continue
        problems += unread
        places += len(found)
        leaks += [_leak_in(uri, patch) for patch in found if patch.is_unclean]
    return Search(tuple(leaks), places, tuple(problems))


def remove_leaks(found: Search) -> Iterator[tuple[Leak, str]]:
    """Clean every patch, and yield after each why that could not be done, or ''."""
    for leak in found.leaks:
        problem = ""
        try:
            leak.replace()
        except (OSError, ValueError, UserError) as error:
            problem = str(error)
        yield leak, problem


def cleaned_file(path: Path) -> CleanPatch | None:
    """The clean patch of a recorded file, None where it is clean. Raises OSError, ValueError, KeyError or TypeError."""
    before = path.read_bytes().decode()
    if path.name != PATCH:
        before = json.loads(before)["provenance"]["patch"] or ""
    clean = cleaned(before)
    return None if clean.text == before else clean


def _clean_file(path: Path) -> None:
    clean = cleaned_file(path)
    if clean is None:
        return
    text = clean.text
    if path.name != PATCH:
        record = json.loads(path.read_bytes())
        record["provenance"]["patch"] = text
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    files.write_text(path, text)


def _leak_in(uri: str, patch: "RunPatch") -> Leak:
    from ablations.tracking.mlflow.scrub import replace

    place = f"MLflow at {without_password(uri)}, run {patch.run_name} ({patch.run_id}), {PATCH}"
    return Leak(place, patch.clean, lambda: replace(uri, patch))


def _stores(workspace: Workspace, tracking_uri: str | None, problems: list[str]) -> list[str]:
    """The stores to look into. The files of the folder's own store are found here without it."""
    try:
        traces = traces_of(workspace)
    except UserError as error:
        problems.extend(map(str, error.problems))
        traces = StoreTraces({}, {}, {})
    uris, closed, files = stores_elsewhere(traces.stores, tracking_uri)
    problems += [f"{uri}: not looked into, for its password is kept nowhere; --tracking-uri names it" for uri in closed]
    for uri in files:
        file = Path(sqlalchemy.make_url(uri).database or "")
        if file.exists() and not os.path.samefile(file.parent, workspace.root):
            problems.append(f"{uri}: not looked into, for it is in another folder; --tracking-uri names it")
    return [uri for uri in uris if without_password(uri) != workspace.mlflow_uri]


def _experiments(workspace: Workspace) -> tuple[str, ...]:
    """What the study's experiment may be called in a store."""
    identity = read_identity(workspace.root)
    return (workspace.name,) if identity is None else names_on_servers(workspace.name, identity.id)


def _executions(workspace: Workspace) -> tuple[str, ...]:
    return tuple(path.name for path in sorted((workspace.root / FOLDER).glob("*")))


def _known(workspace: Workspace, uri: str) -> tuple[str, ...]:
    try:
        return traces_of(workspace).executions.get(without_password(uri), ())
    except UserError:
        return ()
