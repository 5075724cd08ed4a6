"""How far a study is, computed from reports: numbers only, drawn elsewhere."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Evaluated, Finished, Ticked, has_result
from gan_core.workers.job import Report


@dataclass
class TrialProgress:
    """The progress of one running trial."""

    name: str
    budget_images: int
    images: int = 0
    images_per_s: float | None = None  # None: not measured yet
    fid: float | None = None


@dataclass
class StudyProgress:
    """The progress of all trials of a study, including those that were done before this execution."""

    trials: dict[str, Trial]
    clock: Callable[[], float] = time.monotonic
    done: set[str] = field(default_factory=set)  # with a result: finished or diverged
    failed: dict[str, str] = field(default_factory=dict)  # in this execution: name -> why
    running: dict[str, TrialProgress] = field(default_factory=dict)
    to_come: int = 0  # trials of a search that nobody knows yet, at least
    _images: dict[str, int] = field(default_factory=dict)  # shown so far, of the trials that are not done
    _budget: int = 0  # of all trials; like `_left` a sum that is kept, since displays ask for it all the time
    _left: int = 0  # images that all trials have still to see
    _shown: int = 0  # by this execution
    _began: float | None = None  # the first report of this execution, by the clock

    @classmethod
    def of(cls, trials: Sequence[Trial], journals: Mapping[str, Sequence[AnyEvent]]) -> "StudyProgress":
        """The progress according to the journals."""
        progress = cls({})
        for trial in trials:
            progress.admit(trial, journals[trial.name])
        return progress

    def enter(self, report: Report) -> None:
        """Take one report in."""
        if self._began is None:
            self._began = self.clock()
        event, name = report.event, report.name
        if event is not None:
            self._advance(name, event)
        if report.has_left or isinstance(event, Finished):
            self.running.pop(name, None)
        if report.has_died:
            self.failed[name] = report.left
        elif isinstance(event, Finished) and not event.is_result:
            self.failed[name] = event.reason
        elif isinstance(event, Finished):
            self.finish(name)

    def _advance(self, name: str, event: AnyEvent) -> None:
        row = self.running.get(name)
        if row is None:
            row = self.running[name] = TrialProgress(name, _budget(self.trials[name]), event.images)
        self._shown += event.images - row.images
        row.images = event.images
        self._left -= self.images_left(self.trials[name])
        self._images[name] = event.images
        self._left += self.images_left(self.trials[name])
        if isinstance(event, Ticked):
            row.images_per_s = event.images_per_s
        if isinstance(event, Evaluated):
            row.fid = event.fid

    def admit(self, trial: Trial, events: Sequence[AnyEvent]) -> None:
        """Add a trial; `events`: the content of its journal."""
        self.trials[trial.name] = trial
        self._budget += _budget(trial)
        if has_result(events):
            self.done.add(trial.name)
        elif events:
            self._images[trial.name] = events[-1].images
        self._left += self.images_left(trial)

    def finish(self, name: str) -> None:
        """This trial has its result."""
        self._left -= self.images_left(self.trials[name])
        self.done.add(name)
        self._images.pop(name, None)

    @property
    def count(self) -> int:
        """How many trials there will be; of a search, at least."""
        return len(self.trials) + self.to_come

    @property
    def is_done(self) -> bool:
        """Whether every trial has a result."""
        return self.done == self.trials.keys() and not self.to_come

    @property
    def images(self) -> int:
        """Real images shown so far, over all trials; a trial that ended early counts as a whole one."""
        return self._budget - self._left

    @property
    def budget_images(self) -> int:
        """Real images that all trials will have shown."""
        return self._budget + self._to_come

    @property
    def training_s(self) -> float:
        """Seconds since the first report of this execution; 0 before it."""
        return 0.0 if self._began is None else self.clock() - self._began

    @property
    def seconds_left(self) -> float | None:
        """At the pace of this execution so far, without the trials that failed in it. None: not measured yet."""
        failed = sum(self.images_left(self.trials[name]) for name in self.failed)
        left = self._to_come + self._left - failed
        pace = self.seconds_per_image
        return None if pace is None else pace * left

    @property
    def seconds_per_image(self) -> float | None:
        """The pace of this execution so far, of all running trials together. None: not measured yet."""
        if self._began is None or self._shown <= 0:
            return None
        return self.training_s / self._shown

    def images_left(self, trial: Trial) -> int:
        """Real images that the trial has still to see, whether it is known here yet or not."""
        return 0 if trial.name in self.done else max(0, _budget(trial) - self._images.get(trial.name, 0))

    @property
    def _to_come(self) -> int:
        """Images of the trials that are not known yet: all have the same budget."""
        return self.to_come * _budget(next(iter(self.trials.values()))) if self.to_come else 0


def _budget(trial: Trial) -> int:
    return round(trial.config.budget_kimg * 1000)


class OnStep(Protocol):
    """A callback with what is being done and, where that is known, the share of it that is done, 0 to 1."""

    def __call__(self, text: str, share: float | None = None) -> None: ...
