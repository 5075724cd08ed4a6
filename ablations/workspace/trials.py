"""An arm is one resolved configuration; a trial is an arm and a seed, and owns a directory.

A trial's directory holds `trial.json` (who it is), `events.jsonl` (the journal), `checkpoint.pt`, `best.safetensors`,
`last.safetensors`, `grids/`, `show/` and `mlflow.json` (what of the journal has been shipped).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ablations.study.arm import Arm
from ablations.study.designs import BASELINE as BASELINE
from ablations.study.designs.search_options import Stage
from ablations.study.plugins import plugin_records
from ablations.study.setting_text import trick_texts
from ablations.workspace.record_file import DamagedError
from ablations.workspace.trial_record import RECORD, TrialRecord, read_trial_record
from gan_core import journal
from gan_core.events import End, Finished
from gan_core.machine import files
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config

if TYPE_CHECKING:
    from ablations.study.study import Study

Progress = Literal["new", "interrupted"] | End


@dataclass(frozen=True)
class Trial:
    """One training run: an arm, a seed and a directory."""

    study: str
    arm: Arm
    seed: int
    config: Config
    directory: Path
    stage: Stage | None = None  # of a search

    @property
    def name(self) -> str:
        return f"{self.arm.name}-seed{self.seed}"

    def record(self, code: str | None = None, reused_from: str | None = None) -> TrialRecord:
        config = self.config.plain()
        return TrialRecord(
            study=self.study,
            arm=self.arm.name,
            factors=dict(self.arm.factors),
            seed=self.seed,
            fingerprint=self.config.fingerprint(),
            config=config,
            design=self.arm.design,
            reference=self.arm.reference,
            previous=self.arm.previous,
            code=code,
            reused_from=reused_from,
            stage=self.stage,
            searched=self.arm.searched,
            texts=trick_texts(config),
            plugins=plugin_records(self.config.use),
            block=self.arm.block,
        )

    def write_record(self, code: str | None = None, reused_from: str | None = None) -> None:
        """Make the directory and its `trial.json`, atomically. `code`: digest of the source that trains it now.

        A run that was begun with other code, or with unknown code, is recorded as the work of no one code.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        if reused_from is None and (self.directory / journal.NAME).exists() and _code_before(self.directory) != code:
            code = None
        record = self.record(code, reused_from).model_dump()
        files.write_text(self.directory / RECORD, json.dumps(record, indent=2) + "\n")


def _code_before(directory: Path) -> str | None:
    try:
        return read_trial_record(directory).code
    except (FileNotFoundError, DamagedError):
        return None


def trial_of(study: str, arm: Arm, seed: int, root: Path, stage: Stage | None = None) -> Trial:
    """The trial of this arm and seed, in its directory under `root` (the study's directory)."""
    config = arm.config.with_seed(seed)
    folder = f"{arm.name}-seed{seed}-{config.fingerprint()[:8]}"
    return Trial(study, arm, seed, config, root / "trials" / folder, stage)


def trials_of(study: "Study", root: Path) -> tuple[Trial, ...]:
    """All trials of a study, its directory being `root`: every arm with the first seed, then with the second, ...

    Interleaved so that a study that is stopped early still compares all arms, and so that what changes about the
    machine in the meantime meets all arms alike.
    """
    return tuple(trial_of(study.name, arm, seed, root) for seed in study.seeds for arm in study.arms)


def progress_of(trial: Trial) -> Progress:
    """How far this trial is, according to its journal.

    Raises UserError where its directory holds the run of another configuration, or of an unknown one.
    """
    try:
        holder = read_trial_record(trial.directory).fingerprint
    except FileNotFoundError:
        return "new"
    last = next(journal.backwards(trial.directory), None)
    if holder != trial.config.fingerprint():
        message = f"the folder of trial {trial.name} holds the run of another configuration ({holder})"
        raise UserError(Problem(message, source=str(trial.directory), allowed="to move that folder away"))
    if last is None:
        return "new"
    return last.status if isinstance(last, Finished) else "interrupted"
