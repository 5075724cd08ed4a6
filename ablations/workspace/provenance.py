"""Where a result comes from: commit, dirty flag, uncommitted changes, who, where, which command, which versions."""

import getpass
import shlex
import socket
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from ablations.addresses import without_password
from ablations.workspace.masking import masked
from ablations.workspace.uncommitted import git, uncommitted_patch
from gan_core.machine.cores import cores
from gan_core.machine.processor import processor
from gan_core.machine.versions import PACKAGES as TRAINING
from gan_core.machine.versions import versions
from gan_core.records import Record

PACKAGES = (*TRAINING, "scipy", "pandas", "optuna", "mlflow")


class Provenance(Record):
    """What is known about the code and the machine. None: not a git repository (or not known), never a guess."""

    commit: str | None
    branch: str | None  # None as well when no branch is checked out
    dirty: bool | None
    patch: str | None  # what the commit does not say of tracked and of named files
    user: str | None
    host: str
    command: str
    versions: dict[str, str]
    cpu: str = ""  # its name; '' is not known, in records from before this was told
    cores: int | None = None  # that this process may use
    gpus: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether it is of this machine, as far as its name, processor and number of cores tell."""
        return self.host == socket.gethostname() and self.cpu in ("", processor()) and self.cores in (None, cores())


def provenance_of(directory: Path, command: Sequence[str], named: Sequence[Path] = ()) -> Provenance:
    """The provenance of a command that was started with code from `directory`.

    `named`: untracked files whose content is kept too. Raises UserError where one can't be.
    """
    from gan_core.machine.devices import gpu_names

    commit = git(directory, "rev-parse", "HEAD")
    status = git(directory, "status", "--porcelain") if commit else None
    return Provenance(
        commit=commit,
        branch=git(directory, "symbolic-ref", "--short", "--quiet", "HEAD"),
        dirty=None if status is None else bool(status),
        patch=uncommitted_patch(directory, named) if commit else None,
        user=_user(),
        host=socket.gethostname(),
        command=shlex.join(_shown(command)),
        versions=versions(PACKAGES),
        cpu=processor(),
        cores=cores(),
        gpus=gpu_names(),
    )


def lock_file(directory: Path) -> Path | None:
    """The pinned versions of the source tree that the package in `directory` is in; None where there is no tree."""
    path = directory.parent / "constraints.txt"
    return path if path.is_file() and (directory.parent / "pyproject.toml").is_file() else None


def environment() -> str:
    """Every package that is installed here, a line each as pip writes them: what ran, whatever was pinned."""
    installed = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    return "".join(f"{name}=={installed[name]}\n" for name in sorted(installed, key=str.lower))


def _shown(command: Sequence[str]) -> Iterator[str]:
    """The words of a command, without passwords: `--storage URL` and `--storage=URL` may have one."""
    for word in command:
        option, sign, value = word.partition("=") if word.startswith("--") else ("", "", word)
        yield masked(option + sign + without_password(value))[0]


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return None
