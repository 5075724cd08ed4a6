"""How far a study is, computed from reports: numbers only, drawn elsewhere."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ablations.executors.report import Report
from ablations.trials import Trial
from gan_core.events import AnyEvent, Evaluated, Finished, Ticked


@dataclass
class TrialProgress:
    """One running trial."""

    name: str
    budget_images: int
    images: int = 0
    images_per_s: float | None = None  # None: not measured yet
    fid: float | None = None


@dataclass
class StudyProgress:
    """All trials of a study, the done ones included. `seconds_left` is None until something has been measured."""

    trials: Mapping[str, Trial]
    done: set[str] = field(default_factory=set)
    running: dict[str, TrialProgress] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _images_before: int = 0

    @classmethod
    def of(cls, trials: Sequence[Trial], journals: Mapping[str, Sequence[AnyEvent]]) -> "StudyProgress":
        """The progress that the journals tell."""
        progress = cls({trial.name: trial for trial in trials})
        for trial in trials:
            events = journals[trial.name]
            if events and isinstance(events[-1], Finished) and events[-1].status != "failed":
                progress.done.add(trial.name)
            elif events:
                progress._partial[trial.name] = events[-1].images
        progress._images_before = progress.images
        return progress

    _partial: dict[str, int] = field(default_factory=dict)

    def enter(self, report: Report) -> None:
        """Take one report in."""
        event, name = report.event, report.name
        if event is None or isinstance(event, Finished):
            self.running.pop(name, None)
            if event is not None:
                self.done.add(name)
            return
        row = self.running.setdefault(name, TrialProgress(name, _budget(self.trials[name])))
        row.images = event.images
        self._partial[name] = event.images
        if isinstance(event, Ticked):
            row.images_per_s = event.images_per_s
        if isinstance(event, Evaluated):
            row.fid = next((score.value for score in event.scores if score.metric == "fid"), None)

    @property
    def images(self) -> int:
        """Real images shown so far, over all trials; a trial that ended early counts as a whole one."""
        return sum(
            _budget(trial) if name in self.done else min(self._partial.get(name, 0), _budget(trial))
            for name, trial in self.trials.items()
        )

    @property
    def budget_images(self) -> int:
        return sum(map(_budget, self.trials.values()))

    @property
    def seconds_left(self) -> float | None:
        """At the pace of this execution so far."""
        shown = self.images - self._images_before
        if shown <= 0:
            return None
        return (time.monotonic() - self._began) / shown * (self.budget_images - self.images)


def _budget(trial: Trial) -> int:
    return round(trial.config.budget_kimg * 1000)
