"""The administrator's password and the key that signs sessions: given, or drawn once and kept in a private file."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gan_core.problems import Problem, UserError

FILE = "admin.env"
AUTH_FILE = "auth.ini"  # of MLflow's accounts, with the address of their database
USERNAME = "MLFLOW_AUTH_ADMIN_USERNAME"
PASSWORD = "MLFLOW_AUTH_ADMIN_PASSWORD"
SECRET_KEY = "MLFLOW_FLASK_SERVER_SECRET_KEY"
ADMINISTRATOR = "admin"
SHORTEST = 12  # characters


@dataclass(frozen=True)
class Credentials:
    """What MLflow's accounts need, by the names of its variables. `drawn_in`: the file, where they were drawn here."""

    environment: Mapping[str, str]
    drawn_in: Path | None


def credentials_for(folder: Path, environment: Mapping[str, str]) -> Credentials:
    """The environment's secrets; where it has none of them, those of `folder`/admin.env, drawn the first time.

    There is no default password. Raises UserError where one of the two is given without the other, or is too short.
    """
    given = {name: environment[name] for name in (PASSWORD, SECRET_KEY) if environment.get(name)}
    username = environment.get(USERNAME) or ADMINISTRATOR
    if given:
        for name in (PASSWORD, SECRET_KEY):
            if len(given.get(name, "")) < SHORTEST:
                what = "is too short" if name in given else "is missing, and the other is set"
                raise UserError(Problem(what, (name,), f"at least {SHORTEST} characters"))
        return Credentials({USERNAME: username, **given}, None)
    path = folder / FILE
    if not path.exists():
        drawn = {USERNAME: username, PASSWORD: secrets.token_urlsafe(18), SECRET_KEY: secrets.token_hex(32)}
        _write(path, "".join(f"{name}={value}\n" for name, value in drawn.items()))
    return Credentials(_read(path), path)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from the first moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _read(path: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    found = {name.strip(): value.strip() for name, _, value in pairs}
    if missing := [name for name in (USERNAME, PASSWORD, SECRET_KEY) if not found.get(name)]:
        hint = f"lines NAME=VALUE for {', '.join(missing)}; or remove the file, and reset the password in MLflow"
        raise UserError(Problem(f"lacks {', '.join(missing)}", source=str(path), allowed=hint))
    return found
