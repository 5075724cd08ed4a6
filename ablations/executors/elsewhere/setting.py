"""What an executor that trains on other machines has to know of a study and of its user's wishes."""

from dataclasses import dataclass
from pathlib import Path

from ablations.study.cluster import NO_NEEDS, ClusterNeeds
from gan_core.problems import Problem, UserError
from gan_core.workers.patience import USUAL_PATIENCE, Patience

FOLDER = "exchange"
TRAINER = "ablations.executors.elsewhere.node:events_of"  # by its name alone: it imports torch
UNSAMPLED = "ablations.executors.elsewhere.node:unsampled_events_of"
FILES_ALLOWED = "a folder that all machines reach, or file:///FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER"
OF_ONE_PROCESS = frozenset({"memory"})  # fsspec's places that live in a process


@dataclass(frozen=True)
class Elsewhere:
    """One execution on other machines.

    `root`: the study's folder. `files`: where the files of this study's trials travel, a folder that every machine
    reaches or an fsspec URI; None: a folder in `root`. `ray_address`: of a Ray cluster; None: not named.
    `system_metrics`: whether trials note what they take of their machine; `patience`: how long one may be silent.
    """

    study: str
    root: Path
    needs: ClusterNeeds = NO_NEEDS
    files: str | None = None
    ray_address: str | None = None
    system_metrics: bool = True
    patience: Patience = USUAL_PATIENCE

    @property
    def exchange(self) -> str:
        """Where the files of trials travel."""
        return self.files if self.files is not None else str((self.root / FOLDER).absolute())

    @property
    def trainer(self) -> str:
        """What trains a trial on its node, a `Trainer` of the pool, as 'package.module:function'."""
        return TRAINER if self.system_metrics else UNSAMPLED


def given_files(files: str | None, elsewhere: bool) -> str | None:
    """Where the user wants files to travel; a folder's absolute path. Raises UserError where none travel,
    or none could."""
    if files is None:
        return None
    if not elsewhere:
        raise UserError(Problem("on this machine no files travel", ("--files",), "with --executor slurm or ray"))
    if not files.strip():
        raise UserError(Problem("'' is no place", ("--files",), FILES_ALLOWED))
    if files.partition("://")[0] in OF_ONE_PROCESS:
        raise UserError(Problem(f"{files}: no other process sees what is there", ("--files",), FILES_ALLOWED))
    return files if "://" in files else str(Path(files).expanduser().absolute())


def given_ray_address(address: str | None, executor: str) -> str | None:
    """Of the user's Ray cluster. Raises UserError where no Ray is asked."""
    if address is not None and executor != "ray":
        raise UserError(Problem("no Ray is asked for anything", ("--ray-address",), "with --executor ray"))
    return address
