"""An execution on other machines: what lies here of images and weights is sent along, and nothing is made for it.

The parent may be a login node without data. What it lacks each node finds or makes for itself; then the first trial
that starts says which images it has, and the others of its data set are held to these.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path

from ablations.execution.preparation import begun_images, prepared_images, refuse_other_images
from ablations.execution.progress import OnStep
from ablations.executors.elsewhere.agreement import forget
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.offer import offer
from ablations.executors.elsewhere.parcel import StoppedError
from ablations.executors.elsewhere.patiently import patiently
from ablations.executors.elsewhere.supplies import SENT
from ablations.workspace.trials import Trial
from gan_core.config.compatibility import extractors_of
from gan_core.evaluation.extractors.supply import supply_given
from gan_core.events import AnyEvent
from gan_core.training import training_data


class Shipping:
    """Sends what trials need, each thing once; `digests`: of the images that are known, filled in as they become so.

    `home`: of this machine. `inception_weights`: a file that the user has given.
    """

    def __init__(
        self, exchange: str, home: Path, inception_weights: Path | None, digests: dict[tuple[Hashable, ...], str]
    ) -> None:
        self._exchange, self._home, self._given = Exchange(exchange), home, inception_weights
        self._digests = digests
        self._asked: set[tuple[Hashable, ...]] = set()
        self._sent: set[tuple[tuple[Hashable, ...], tuple[str, ...]]] = set()

    def learn(
        self, trials: Sequence[Trial], known: Sequence[Trial], journals: Mapping[str, Sequence[AnyEvent]]
    ) -> None:
        """Find out which images these trials are about, as far as this machine and the `known` trials can tell.

        Raises UserError where images here are others than those that trials began with, or can't be used for a trial.
        """
        new = [trial for trial in trials if training_data.key(trial.config) not in self._asked]
        if not new:
            return
        self._digests |= prepared_images(new, self._home)
        for key, by_digest in begun_images(known, journals).items():
            self._digests.setdefault(key, next(iter(by_digest)))
        refuse_other_images(known, journals, self._digests)
        self._asked |= {training_data.key(trial.config) for trial in new}
        self._agree_anew(new)

    def send(self, trials: Sequence[Trial], on_step: OnStep, stop: Callable[[], bool] = lambda: False) -> None:
        """Put into the exchange what is here for these trials, unless `stop()` comes first.

        Raises UserError where it can't be written.
        """

        def tell(what: str, done: int, total: int) -> None:
            if stop():
                raise StoppedError
            on_step(f"data and weights: {what}", done / total if total else None)

        needed = {(training_data.key(config), extractors_of(config)): config for config in (t.config for t in trials)}
        new = [config for need, config in needed.items() if need not in self._sent]
        supply_given([name for config in new for name in extractors_of(config)], self._home, self._given)
        try:
            offer(new, self._digests, self._home, self._exchange, tell)
        except StoppedError:
            return
        self._sent |= needed.keys()

    def clear(self) -> str:
        """Remove from the exchange what was sent, since all trials have ended; returns what went wrong, or ''."""
        try:
            for place in SENT:
                self._exchange.remove(place)
        except ExchangeError as error:
            return f"what was sent of data and weights is still there: {error}"
        return ""

    def _agree_anew(self, trials: Sequence[Trial]) -> None:
        """What nodes agreed on for trials that never began, and that nobody trains any more, binds nobody."""
        configs = {training_data.key(trial.config): trial.config for trial in trials}
        unknown = [config for key, config in configs.items() if key not in self._digests]
        if unknown and not patiently(self._exchange.names):
            for config in unknown:
                forget(self._exchange, config)
