"""`identity.json`: which folder this is, on every server, wherever it lies and whatever it is called.

A server holds the studies of several people, and a study's name says nothing about whose it is. So each folder of a
study has an id that is drawn once and kept in it. Runs in MLflow and ledgers of Optuna bear the id of the folder that
they belong to.

A folder that was moved keeps its id. A copy has the id of its original, so the file also says where the folder was
when it was last worked with: where the original still lies there, the copy gets an id of its own. What lies on another
machine can't be looked at: there a shared store tells the copies apart, by work that this folder knows nothing of.
"""

import os
import secrets
import socket
from pathlib import Path
from typing import Literal

from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.execution_record import FOLDER as EXECUTIONS
from ablations.workspace.model_record import FOLDER as MODELS
from ablations.workspace.record_file import read_or_none
from gan_core.machine import files
from gan_core.problems import UserError
from gan_core.records import Record

NAME = "identity.json"
SCHEMA_VERSION = 1
SHORT = 4  # characters of an id that names show
Standing = Literal["new", "here", "moved", "copy", "elsewhere"]


class Identity(Record):
    """What `identity.json` holds. `host` and `path`: where the folder was last worked with.

    `uses`: a word for each use of an Optuna storage that others use too.
    """

    schema_version: int = SCHEMA_VERSION
    id: str
    host: str
    path: str
    uses: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """HOST:FOLDER."""
        return f"{self.host}:{self.path}"


def read_identity(root: Path) -> Identity | None:
    """The identity of the study's folder; None where it has none yet, or a damaged one: then it gets another."""
    return read_or_none(root / NAME, Identity)


def standing_of(root: Path) -> Standing:
    """How the folder stands to its identity.

    'new': it has none. 'here': it is where it was. 'moved': there is nothing of it where it was. 'copy': its original
    still lies where it was. 'elsewhere': it was last worked with on another machine, whose disks can't be seen.
    """
    identity = read_identity(root)
    if identity is None:
        return "new"
    here = root.resolve()
    if identity.host != socket.gethostname():
        return "elsewhere"
    there = Path(identity.path)
    if there == here or _is_same(there, here):
        return "here"
    try:
        original = read_identity(there)
    except (UserError, OSError):
        original = None
    return "copy" if original is not None and original.id == identity.id else "moved"


def settle_identity(root: Path) -> str:
    """Have an identity in the folder that is its own, and its present place in it. The study's lock is the caller's.

    A copy next to its original gets an id of its own. Gives '' or a message about that.
    """
    before, standing = read_identity(root), standing_of(root)
    if before is None:
        _write(root, _drawn(root))
    elif standing == "copy":
        renew_identity(root)
        return (
            f"{root} is a copy of {before.path}: it counts as a study of its own from now on, and what servers have of "
            f"the original stays the original's"
        )
    elif standing in ("moved", "elsewhere"):
        here = _drawn(root)
        _write(root, before.model_copy(update={"host": here.host, "path": here.path}))
    return ""


def renew_identity(root: Path) -> Identity:
    """Give the folder another id. It forgets what stores have of it, for that belongs to the id before."""
    for pattern in (f"trials/*/{CURSOR}", f"{EXECUTIONS}/*/{CURSOR}", f"{MODELS}/*.json"):
        for path in root.glob(pattern):
            path.unlink()
    identity = _drawn(root)  # last: after a crash before, the copy is recognised again
    _write(root, identity)
    return identity


def own_identity(root: Path) -> Identity:
    """The identity of a folder whose lock is the caller's; drawn where it has none yet."""
    identity = read_identity(root)
    if identity is None:
        identity = _drawn(root)
        _write(root, identity)
    return identity


def note_use(root: Path) -> Identity:
    """Add a word to the uses; gives the identity with it, on disk when this returns."""
    before = own_identity(root)
    identity = before.model_copy(update={"uses": (*before.uses, secrets.token_hex(4))})
    _write(root, identity)
    return identity


def short(identity: str) -> str:
    """The part of an id that names show."""
    return identity[:SHORT]


def names_on_servers(name: str, identity: str) -> tuple[str, ...]:
    """What a study of this name may be called on a server, in the order in which the names are tried.

    The name itself is the first folder's that came. Another folder's has the beginning of its id behind it.

    >>> names_on_servers("tiny", "3f2a77c0b1d2e3f4")
    ('tiny', 'tiny@3f2a', 'tiny@3f2a77c0b1d2e3f4')
    """
    return name, f"{name}@{short(identity)}", f"{name}@{identity}"


def _drawn(root: Path) -> Identity:
    return Identity(id=secrets.token_hex(8), host=socket.gethostname(), path=str(root.resolve()))


def _write(root: Path, identity: Identity) -> None:
    files.write_text(root / NAME, identity.model_dump_json(indent=2) + "\n")


def _is_same(there: Path, here: Path) -> bool:
    try:
        return os.path.samefile(there, here)
    except OSError:
        return False
