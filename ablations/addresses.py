"""Addresses of servers and databases as they may be shown, and what others say of them: without passwords and tokens.

An address is read by its characters, not parsed: what people type is often no address by the standard (a password with
`[`, `#`, `/` or `@`, no scheme), and may hold a secret all the same. Where it is not clear what is the password, too
much is hidden rather than too little.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from gan_core.problems import Problem, UserError

HIDDEN = "***"  # in place of a password
WEB = ("http", "https")
SECRET_KEY = r"[\w.-]*(?:passw|pwd|secret|token|key|credential|auth|signature|sig)[\w.-]*"

_SPECIAL = str.maketrans({"%": "%25", "?": "%3F", "{": "%7B", "}": "%7D"})  # `{`, `}`: Optuna fills such addresses in
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_QUERY = re.compile(rf"(?P<key>[?&;]{SECRET_KEY}=)(?P<secret>[^&;\s'\"]*)", re.IGNORECASE)
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_BARE_IN_TEXT = re.compile(r"(?<![\w/@:.])([\w.+-]+):[^\s'\"/@:]+@(?=[\w.-]+(?::\d+)?(?:/|$|\s))")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]*\]|[^:]*)(?::\d{1,5})?")


def sqlite_address(file: Path) -> str:
    """The address of an SQLite database, from which SQLAlchemy (2.1 on), MLflow and Optuna read the very same path.

    With the driver's name where a character is escaped: MLflow makes the folder of an address that begins with
    `sqlite:///`, and takes its characters as they are. Raises UserError where a folder's name is not UTF-8, for which
    an address has no way of writing.
    """
    path = str(file.absolute())
    try:
        path.encode()
    except UnicodeEncodeError:
        message = "has bytes that are not UTF-8 in its name: no database that MLflow or Optuna open can lie there"
        raise UserError(Problem(message, allowed="another folder (--runs)", source=ascii(str(file.parent)))) from None
    escaped = path.translate(_SPECIAL)
    return f"sqlite:///{path}" if escaped == path else f"sqlite+pysqlite:///{escaped}"


def is_one_database(one: str, other: str) -> bool:
    """Whether two addresses lead to one database, whoever asks for it and by which driver."""
    return "" not in (place := _place(one)) and place == _place(other)


def _place(uri: str) -> tuple[str, ...]:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(uri)
    except (ArgumentError, ValueError):
        return ("",)  # no database's
    backend, database = url.get_backend_name(), url.database or ""
    if backend == "sqlite":
        return backend, os.path.realpath(database) if database else ""
    return backend, f"{url.host}:{url.port or ''}", database


def without_password(uri: str) -> str:
    """The address as it may be shown and stored: without a password, a token as the user's name, or one in its query.

    What has been hidden already stays as it is.
    """
    at = _user_and_password(uri)
    if at is not None:
        start, end = at
        user, colon, _ = uri[start:end].partition(":")
        kept = f"{user}:{HIDDEN}" if colon else HIDDEN
        uri = uri[:start] + kept + uri[end:]
    return _QUERY.sub(lambda found: found["key"] + (HIDDEN if found["secret"] else ""), uri)


def without_passwords(text: str, *uris: str) -> str:
    """A text, such as an error of a library's, in which addresses may stand, and the secrets of these addresses."""
    for secret in sorted({one for uri in uris for one in _secrets(uri)}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _IN_TEXT.sub(lambda found: without_password(found[0]), text)
    text = _QUERY.sub(lambda found: found["key"] + (HIDDEN if found["secret"] else ""), text)
    return _BARE_IN_TEXT.sub(rf"\1:{HIDDEN}@", text)


def scheme_of(uri: str) -> str:
    """What stands before `://` or `:`, in lower case, without a driver; '' where there is nothing of the kind."""
    found = re.match(r"([A-Za-z][A-Za-z0-9.-]*)(?:\+[A-Za-z0-9.+-]*)?:", uri)
    return found[1].lower() if found else ""


def _user_and_password(uri: str) -> tuple[int, int] | None:
    """Where what is to be hidden begins and ends, before its `@`: user and password, or a token; None without."""
    found = _SCHEME.match(uri)
    start = found.end() if found else 0
    end = uri.rfind("@")
    if end < start or uri.startswith("/", start):  # a path: of an SQLite file
        return None
    is_web = found is not None and found[1].lower() in WEB
    authority = re.search(r"[/?#]|$", uri[start:])
    until = start + authority.start() if authority else len(uri)
    if is_web and "@" in uri[start:until]:
        end = uri.rfind("@", start, until)
    elif is_web and _HOST.fullmatch(uri, start, until):
        return None  # `@` stands in the path
    if ":" in uri[start:end]:
        return start, end
    return (start, end) if is_web else None  # `postgresql://user@host` names nobody's secret


def _secrets(uri: str) -> set[str]:
    """The secret parts of an address, as they are written and as they are meant; very short ones would hide words."""
    found = {match["secret"] for match in _QUERY.finditer(uri)}
    at = _user_and_password(uri)
    if at is not None:
        user, colon, password = uri[slice(*at)].partition(":")
        found.add(password if colon else user)
    return {form for one in found for form in (one, unquote(one)) if len(form) > 2 and form != HIDDEN}
