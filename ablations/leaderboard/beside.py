"""What a leaderboard needs of a study beside its trials, as one record, for whoever has none of the study's files."""

from pathlib import Path

from ablations.floors_file import read_floors
from ablations.foreign import Foreign, read_foreign
from ablations.leaderboard.asked import Asked, asked_in, read_asked
from ablations.leaderboard.entries import entries_of
from ablations.leaderboard.records import Entry
from ablations.study_record import StudyRecord
from gan_core.scoring.records import Floor, Kept

SCHEMA_VERSION = 1


class Beside(Kept):
    """Of one study: what it is, with rule and claims, its floors, and what was scored and not trained there.

    `study`: None where the folder holds trials alone.
    """

    schema_version: int = SCHEMA_VERSION
    study: StudyRecord | None
    floors: tuple[Floor, ...]
    foreign: tuple[Foreign, ...]

    @property
    def asked(self) -> Asked:
        """What the study asks beside its ranking."""
        return Asked() if self.study is None else asked_in(self.study)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What stands on its leaderboard and is no arm."""
        return entries_of(self.foreign, self.floors)


def read_beside(root: Path) -> Beside:
    """Of the study in this folder, as it is now. Raises UserError for files that this program has not written."""
    return Beside(study=read_asked(root).record, floors=read_floors(root), foreign=read_foreign(root))
