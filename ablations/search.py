"""The only Optuna room: which trial is next, and the ledger of what became of each.

One Optuna study a study file. For a design that is known in advance every trial is enqueued, its factors and its
seed as parameters; the parent alone reports and tells. A diverged trial is FAIL with the attribute `status`.
"""

from collections.abc import Iterator, Mapping, Sequence

import optuna
from optuna.trial import TrialState

from ablations.trials import Trial
from gan_core.events import AnyEvent, Evaluated, Finished

SEEDS = 2**31  # seeds lie below
FINGERPRINT = "fingerprint"
STATUS = "status"


class Ledger:
    """The Optuna study of one study file. Only the process that holds the study's lock may use it.

    `journals` maps a trial's name to the events that its journal holds already.
    """

    def __init__(
        self, storage: str, study: str, trials: Sequence[Trial], journals: Mapping[str, Sequence[AnyEvent]]
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            storage=storage,
            study_name=study,
            direction="minimize",
            sampler=optuna.samplers.RandomSampler(seed=0),  # never asked: every trial is enqueued whole
            pruner=optuna.pruners.NopPruner(),  # stopping early would bias an arm
            load_if_exists=True,
        )
        self._study.set_metric_names(["fid_best"])
        self._trials = {trial.config.fingerprint(): trial for trial in trials}
        self._journals = journals
        self._open: dict[str, optuna.trial.Trial] = {}
        self._fids: dict[str, float] = {}
        self._enlist()

    def next_trials(self) -> Iterator[Trial]:
        """The trials that are still to do, as Optuna hands them out: those that it calls running already first."""
        for frozen in self._study.get_trials(states=(TrialState.RUNNING,)):
            yield from self._begin(optuna.trial.Trial(self._study, frozen._trial_id))
        while self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            yield from self._begin(self._study.ask())

    def note(self, name: str, event: AnyEvent) -> None:
        """Enter one event of a running trial."""
        trial = self._open[name]
        match event:
            case Evaluated(of="progress"):
                fid = _fid(event)
                if event.images not in self._study._storage.get_trial(trial._trial_id).intermediate_values:
                    trial.report(fid, step=event.images)
            case Evaluated(of="best"):
                self._fids[name] = _fid(event)
            case Finished():
                self._close(name, event.status)

    def fail(self, name: str, reason: str) -> None:
        """Enter that a trial's process died."""
        self._open[name].set_user_attr("reason", reason)
        self._close(name, "failed")

    def _enlist(self) -> None:
        """Enqueue every trial that the ledger does not know, or knows as failed while it is not done."""
        latest = {frozen.user_attrs.get(FINGERPRINT): frozen for frozen in self._study.get_trials()}
        for fingerprint, trial in self._trials.items():
            frozen = latest.get(fingerprint)
            if frozen is not None and (not frozen.state.is_finished() or self._is_done(trial)):
                continue
            self._study.enqueue_trial(
                {**trial.arm.factors, "seed": trial.seed},
                user_attrs={FINGERPRINT: fingerprint, "arm": trial.arm.name},
            )

    def _begin(self, asked: optuna.trial.Trial) -> Iterator[Trial]:
        """Open a trial and enter what its journal holds; it is yielded unless that was all."""
        trial = self._trials.get(asked.user_attrs[FINGERPRINT])
        if trial is None:  # enqueued by an earlier state of the study file, and never begun
            asked.set_user_attr(STATUS, "withdrawn")
            self._study.tell(asked, state=TrialState.FAIL)
            return
        for factor in trial.arm.factors:
            asked.suggest_categorical(factor, [False, True])
        asked.suggest_int("seed", 0, SEEDS - 1)
        self._open[trial.name] = asked
        for event in self._journals[trial.name]:
            if not (isinstance(event, Finished) and event.status == "failed"):
                self.note(trial.name, event)
        if not self._is_done(trial):
            yield trial

    def _is_done(self, trial: Trial) -> bool:
        events = self._journals[trial.name]
        return bool(events) and isinstance(events[-1], Finished) and events[-1].status != "failed"

    def _close(self, name: str, status: str) -> None:
        trial = self._open.pop(name)
        trial.set_user_attr(STATUS, status)
        if status == "finished":
            self._study.tell(trial, self._fids.pop(name))
        else:
            self._study.tell(trial, state=TrialState.FAIL)


def _fid(event: Evaluated) -> float:
    return next(score.value for score in event.scores if score.metric == "fid")
