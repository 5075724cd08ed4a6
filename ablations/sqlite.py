"""SQLite files as databases: their addresses, whatever their folders are called, and who may make their tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from gan_core.machine.files import locked
from gan_core.problems import Problem, UserError

SCHEME = "sqlite:///"
PLAIN = "/ :@,=+()!'*$"  # what an address may hold as it is, besides letters, digits and -._~


def sqlite_uri(path: Path) -> str:
    """The file's address for SQLAlchemy, from which Optuna and MLflow read it.

    Raises UserError where its name is not text in UTF-8, for which an address has no words.

    >>> sqlite_uri(Path("/runs/what?/50%.db"))
    'sqlite:////runs/what%3F/50%25.db'
    """
    place = str(path.absolute())
    try:
        place.encode()
    except UnicodeEncodeError:
        message = "its name is not text in UTF-8, which the address of a database has to be"
        raise UserError(Problem(message, source=place, allowed="a folder with another name")) from None
    return SCHEME + quote(place, safe=PLAIN)


def file_of(uri: str) -> Path | None:
    """The file that an SQLite address names; None for another address, or a database in memory."""
    scheme, sign, rest = uri.partition("://")
    place = unquote(rest.partition("?")[0])
    if not sign or scheme.split("+")[0] != "sqlite" or len(place) < 2 or place == "/:memory:":
        return None
    return Path(place[1:])


@contextmanager
def tables_made_alone(uri: str) -> Iterator[None]:
    """While the body makes or changes the tables of an SQLite file, nobody else does; others wait.

    Two programs that migrate a new file at once would each find half of what the other has made.
    """
    path = file_of(uri)
    if path is None or not path.parent.is_dir():
        yield
        return
    with locked(path.with_name(f".{path.name}.lock"), on_wait=lambda: None):
        yield
