"""A search whose trials are made up, and which can be left and opened again at any moment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from ablations.search.exploration import Exploration, read_explored
from ablations.search.explorer import Explorer
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import AnyEvent
from gan_core.workers.job import Report
from tests.ablations.journals import story
from tests.ablations.search.searches import made_up_fid, search_study


class Hunt:
    """A search in a folder; each `open` is a new process's view of it."""

    def __init__(self, folder: Path, explore: dict[str, Any] | None = None, **parts: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.study = search_study(folder, explore, **parts)
        self.root = folder / "runs"
        self.root.mkdir()
        self.storage: Any = optuna.storages.InMemoryStorage()  # a file takes a second a trial
        self.exploration: Exploration
        self.journals: dict[str, Sequence[AnyEvent]] = {}

    def open(self) -> Explorer:
        exploration = Exploration.of(self.study, self.root)
        assert exploration is not None
        self.exploration = exploration
        self.journals = {trial.name: journal.read(trial.directory) for trial in exploration}
        return Explorer(self.storage, exploration, self.journals, self.admit)

    def admit(self, trial: Trial) -> None:
        self.journals[trial.name] = []

    def train(self, explorer: Explorer, trial: Trial, events: Sequence[AnyEvent] | None = None) -> None:
        trial.directory.mkdir(parents=True, exist_ok=True)
        for event in list(story(trial, made_up_fid(trial.config.plain()))) if events is None else events:
            journal.append(trial.directory, event)
            explorer.enter(Report(trial.name, event))

    def finish(self, most: int = 1000) -> list[str]:
        """Train what is handed out, at most so many."""
        explorer, names = self.open(), []
        for trial in explorer.next_trials():
            self.train(explorer, trial)
            names.append(trial.name)
            if len(names) == most:
                break  # killed
        return names

    def entries(self) -> list[FrozenTrial]:
        return optuna.load_study(study_name="hunt", storage=self.storage).get_trials()

    def suggested(self) -> list[Mapping[str, Any]]:
        return [own.params for own in read_explored(self.root).suggestions]
