"""What trials need before they train: their images, weights, and what other studies have trained of them already."""

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

from ablations.execution.options import ExecutionOptions
from ablations.execution.preparation import prepare_data, prepare_weights, refuse_other_images
from ablations.execution.progress import OnStep, StudyProgress
from ablations.execution.reuse import Twin, reusable, reuse_note, take_over, twins_of
from ablations.executors.names import ELSEWHERE
from ablations.workspace.ended_events import events_of
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core.events import AnyEvent

if TYPE_CHECKING:
    from ablations.execution.shipping import Shipping


class Provision:
    """Provides for the trials of one execution; each thing is made or sent once.

    `trials`, `journals` and `progress` are the execution's own, which it adds to: what is taken over is entered there.
    `exchange`: where files travel, of an executor elsewhere.
    """

    def __init__(
        self,
        workspace: Workspace,
        options: ExecutionOptions,
        trials: Sequence[Trial],
        journals: dict[str, Sequence[AnyEvent]],
        progress: StudyProgress,
        exchange: str,
    ) -> None:
        self._workspace, self._options, self._exchange = workspace, options, exchange
        self._trials, self._journals, self._progress = trials, journals, progress
        self._shipping: Shipping | None = None
        self.digests: dict[tuple[Hashable, ...], str] = {}  # of the images, by `training_data.key`
        self.reused: dict[str, Twin] = {}  # by trial: taken over in this execution

    def prepare(self, to_do: Sequence[Trial], on_step: OnStep, stop: Callable[[], bool]) -> None:
        """Get data and weights ready, and take over what other studies have trained already."""
        if self._options.executor in ELSEWHERE:
            self._ship(to_do, on_step, stop)
            return
        home = self._options.home
        self.digests |= prepare_data(to_do, home, on_step)
        refuse_other_images(self._trials, self._journals, self.digests)
        self._take_over(to_do, on_step)
        prepare_weights(to_do, home, self._options.inception_weights, on_step)

    def admit(self, trial: Trial, on_step: OnStep, stop: Callable[[], bool]) -> bool:
        """Provide for a trial that was not known before; whether another study has trained it already."""
        if self._options.executor in ELSEWHERE:
            return bool(self._ship([trial], on_step, stop))
        return bool(self._take_over([trial], on_step))

    def clear(self) -> str:
        """Remove what was sent, since all trials have ended; returns what went wrong, or ''."""
        return self._shipping.clear() if self._shipping is not None else ""

    def _ship(self, to_do: Sequence[Trial], on_step: OnStep, stop: Callable[[], bool]) -> list[Trial]:
        """Send what is here of the data and weights; returns the trials that other studies have trained already."""
        from ablations.execution.shipping import Shipping

        options = self._options
        if self._shipping is None:
            self._shipping = Shipping(self._exchange, options.home, options.inception_weights, self.digests)
        self._shipping.learn(to_do, self._trials, self._journals)
        taken = self._take_over(to_do, on_step)
        done = {trial.name for trial in taken}
        self._shipping.send([trial for trial in to_do if trial.name not in done], on_step, stop)
        return taken

    def _take_over(self, to_do: Sequence[Trial], on_step: OnStep) -> list[Trial]:
        """Take over what other studies have trained, and return those trials.

        A trial that has begun here goes on here.
        """
        new = [] if self._options.retrain else [trial for trial in to_do if not self._journals[trial.name]]
        found = reusable(new, twins_of(new, self._workspace.root.parent), self.digests)
        if found:
            self.reused |= found
            on_step(f"{reuse_note(self.reused, self._progress.count)}; --retrain trains them again")
        for trial in (taken := [trial for trial in new if trial.name in found]):
            take_over(trial, found[trial.name])
            self._journals[trial.name] = events_of(trial.directory)
            if trial.name in self._progress.trials:  # others are admitted with their journals
                self._progress.finish(trial.name)
        return taken
