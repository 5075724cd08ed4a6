"""A study in a database of its own, and trials whose journals are made up."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial

from ablations.search.ledger import STATUS, Ledger
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent
from gan_core.workers.job import Report
from tests.ablations.journals import Status, story
from tests.ablations.trials_of_arms import FIDS, trials_under

Journals = Mapping[str, Sequence[AnyEvent]]


class Book:
    """A study in a database of its own, opened as often as a test likes."""

    def __init__(self, root: Path) -> None:
        self.url = f"sqlite:///{root / 'optuna.db'}"
        self.trials = trials_under(root, seeds=2)

    def open(self, journals: Journals | None = None, trials: Sequence[Trial] | None = None) -> Ledger:
        trials = self.trials if trials is None else trials
        return Ledger(self.url, "tiny", trials, {t.name: (journals or {}).get(t.name, []) for t in trials})

    def entries(self) -> list[FrozenTrial]:
        return optuna.load_study(study_name="tiny", storage=self.url).get_trials()

    def ends(self) -> list[tuple[str, str, str]]:
        """Arm and seed, state and status of every entry, in Optuna's order."""
        return [
            (f"{e.user_attrs.get('arm')}-seed{e.params.get('seed')}", e.state.name, e.user_attrs.get(STATUS, ""))
            for e in self.entries()
        ]


def told(trial: Trial, status: Status = "finished") -> list[AnyEvent]:
    return list(story(trial, FIDS[trial.name], status))


def enter_all(ledger: Ledger, trial: Trial, events: Sequence[AnyEvent]) -> None:
    for event in events:
        ledger.enter(Report(trial.name, event))


def work_off(ledger: Ledger) -> list[str]:
    """Every trial finishes; the names in the order in which they were handed out."""
    names = []
    for trial in ledger.next_trials():
        enter_all(ledger, trial, told(trial))
        names.append(trial.name)
    return names
