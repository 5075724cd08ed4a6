"""Files that are secrets by their name or place: their content never enters a record."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ablations.server.credentials import AUTH_FILE
from ablations.server.credentials import FILE as CREDENTIALS

SERVER_FILES = (CREDENTIALS, AUTH_FILE)
DATA = ("", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".txt", ".csv", ".xml", ".properties", ".db")
NAMES = (
    *SERVER_FILES,
    *(".env*", "*.env", "*.envrc"),
    *(".netrc", "_netrc", ".pgpass", ".my.cnf", ".mylogin.cnf", ".htpasswd", ".pypirc", ".npmrc", ".git-credentials"),
    *(".dockercfg", ".s3cfg", ".boto", ".vault-token", "kaggle.json", "service-account*.json", "client_secret*"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key", "*.ppk", "*.p12", "*.pfx", "*.p8"),
    *("*.jks", "*.keystore", "*.kdbx", "*.gpg", "*.asc", "*.age", "*.ovpn", "*.tfvars", "*.tfstate"),
    *(f"{stem}{suffix}" for stem in ("*credential", "*credentials", "*secret", "*secrets") for suffix in DATA),
    *(f"{stem}{suffix}" for stem in ("*password", "*passwords", "*token", "*tokens") for suffix in ("", ".txt")),
)
FOLDERS = (".git", ".ssh", ".aws", ".gnupg", ".kube", ".docker", ".azure", "gcloud", ".secrets", "secrets")


def why_secret(name: str, server_folders: Collection[str] = ()) -> str:
    """Why the file of this path is a secret, in words; '' for one that is not.

    `server_folders`: those of `ablations server`, as `server_folders_of` finds them.
    """
    path = PurePosixPath(name.strip('"'))
    if any(fnmatchcase(path.name.lower(), pattern) for pattern in NAMES):
        return "a secret by its name"
    if any(part.lower() in FOLDERS for part in path.parts[:-1]):
        return "in a folder of secrets"
    if any(str(parent) in server_folders for parent in path.parents):
        return "in the folder of `ablations server`"
    return ""


def server_folders_of(names: Iterable[str], top: Path | None = None) -> frozenset[str]:
    """The folders of `ablations server` among those that these paths are in: they hold its credentials.

    `top`: the folder that the paths start from, to look into; without it the paths alone tell. Never `top` itself,
    which would be everything: its credentials are secrets by their name.
    """
    found = set()
    for path in map(PurePosixPath, names):
        if path.name in SERVER_FILES:
            found.add(str(path.parent))
        if top is not None:
            found |= {str(p) for p in path.parents if any((top / p / name).exists() for name in SERVER_FILES)}
    return frozenset(found - {"."})
