"""What one execution of a study is, for a tracker: the parent of the trials that it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.provenance import Provenance, provenance_of
from ablations.study import Study
from ablations.trials import Trial


@dataclass(frozen=True)
class Execution:
    """One `run` of a study. `directory`: where its results lie; `study_file`: the study as the user wrote it."""

    study: str
    design: str
    directory: Path
    trials: Sequence[Trial]  # all of the study's, done or not
    study_file: Path
    provenance: Provenance

    @classmethod
    def of(cls, study: Study, directory: Path, trials: Sequence[Trial], command: Sequence[str]) -> "Execution":
        """The execution that this command begins."""
        provenance = provenance_of(Path(__file__).parent, command)
        return cls(study.name, study.design, directory, tuple(trials), study.path, provenance)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in the order of the trials."""
        return tuple(dict.fromkeys(trial.arm.name for trial in self.trials))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, ascending."""
        return tuple(sorted({trial.seed for trial in self.trials}))
