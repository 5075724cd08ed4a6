"""The ledger of a design that is known in advance: which trial is next, and the outcome of each.

One Optuna study a study file. Each trial is an entry from the moment that it is handed out, its factors and its seed
as parameters; the parent alone reports and tells. The journals are the truth: what Optuna missed (a parent that was
killed, a database that was removed) is entered from them. A diverged trial is FAIL with the attribute `status`, and so
is one that finished with a FID that is not a finite number.

A database takes milliseconds for each commit, and tens of them on a network's disk. So an entry is made in one, with
all its parameters, and nothing is asked of the database whose cost grows with the number of trials.

A trial's value is its best FID. One that has run to its end without a FID (`extractor: none`, or `metrics` that leave
it out) has not failed and was not stopped, so it is COMPLETE too; Optuna wants a number for that, and gets the
thousands of images that D has seen, with the attribute `value_is` to say so. No sampler and no leaderboard reads it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from ablations.search.storage import made_running, opened, taken_up
from ablations.workspace.looks_taken import LookTaken
from ablations.workspace.trials import Trial
from gan_core.events import RESULTS, AnyEvent, Evaluated, Finished
from gan_core.workers.job import Report

SEEDS = 2**31  # seeds lie below
FINGERPRINT = "fingerprint"
STATUS = "status"
REASON = "reason"
VALUE_IS = "value_is"
KIMG_SEEN = "kimg seen; no FID"
NOT_FINITE = "the FID is not a finite number"  # of a trial that finished; FAIL, as if it had diverged
LOOKS = "looks"  # of the study
WITHDRAWN = "withdrawn"  # status of what was enqueued and is no trial of the study any more
SWITCH = CategoricalDistribution([False, True])
SEED = IntDistribution(0, SEEDS - 1)


class Ledger:
    """The Optuna study of one study file. Only the process that holds the study's lock may use it.

    `journals` maps a trial's name to the events that its journal holds already. Raises UserError where the storage
    can't be used.
    """

    def __init__(
        self, storage: str, study: str, trials: Sequence[Trial], journals: Mapping[str, Sequence[AnyEvent]]
    ) -> None:
        self._study = opened(storage, study)
        self._trials = {trial.config.fingerprint(): trial for trial in trials}
        self._journals = journals
        self._handed_out: set[str] = set()
        self._begun: dict[str, optuna.trial.Trial] = {}  # of those the ones without an end
        self._reported: dict[str, set[int]] = {}
        self._values: dict[str, float] = {}
        self._known: set[str] = set()  # trials whose result is here, and whose journal has lost it

    def next_trials(self) -> Iterator[Trial]:
        """The trials that are still to do: first those that Optuna calls running, then those that it has waiting."""
        entries = self._study.get_trials(deepcopy=False)
        lacking = self._without_entry(entries)
        for state in (TrialState.RUNNING, TrialState.WAITING):
            for frozen in [entry for entry in entries if entry.state == state]:
                yield from self._begin(taken_up(self._study, frozen), set(frozen.intermediate_values))
        for trial in lacking:
            if self._result(trial):
                self._study.add_trial(self._whole(trial))
            else:
                yield from self._begin(self._new(trial), set())
        yield from (trial for trial in self._trials.values() if trial.name in self._known)

    def enter_looks(self, looks: Sequence[LookTaken]) -> None:
        """Keep what the study's looks have said: its trials are complete, but some arms have fewer of them."""
        self._study.set_user_attr(LOOKS, [look.model_dump(mode="json", exclude={"said"}) for look in looks])

    def gives_up(self, name: str) -> str:
        """Why this trial should end now; '' always, for stopping early would bias an arm."""
        return ""

    def enter(self, report: Report) -> None:
        """Enter what an executor reports of a trial that was handed out."""
        if report.name in self._known:
            return  # it comes to the same end again
        if report.event is not None:
            self._note(report.name, report.event)
        elif report.has_died:
            self._close(report.name, "failed", report.left)

    def _without_entry(self, entries: Sequence[FrozenTrial]) -> list[Trial]:
        """The trials for which the ledger has neither an open entry nor the end that the journal records.

        A result that the ledger has and a damaged journal lost is not entered a second time.
        """
        open_or_ended: set[tuple[str, str]] = set()
        for frozen in entries:
            status = frozen.user_attrs.get(STATUS, "") if frozen.state.is_finished() else "open"
            open_or_ended.add((frozen.user_attrs.get(FINGERPRINT, ""), status))
        lacking = []
        for fingerprint, trial in self._trials.items():
            known = {(fingerprint, "open"), (fingerprint, self._result(trial) or "none")}
            if not self._result(trial) and not open_or_ended.isdisjoint({(fingerprint, end) for end in RESULTS}):
                self._known.add(trial.name)
            elif open_or_ended.isdisjoint(known):
                lacking.append(trial)
        return lacking

    def _new(self, trial: Trial) -> optuna.trial.Trial:
        """A new entry, which is running."""
        entry = create_trial(state=TrialState.RUNNING, **_identity(trial), user_attrs=_attributes(trial))
        return made_running(self._study, entry)

    def _whole(self, trial: Trial) -> FrozenTrial:
        """A new entry of a trial that has its result, with all that the journal says."""
        found: dict[str, Any] = {"state": TrialState.FAIL}
        attributes, on_the_way, value = _attributes(trial), dict[int, float](), None
        for event in self._journals[trial.name]:
            match event:
                case Evaluated(of="best"):
                    value = event.kimg if event.fid is None else event.fid
                    attributes |= {VALUE_IS: KIMG_SEEN} if event.fid is None else {}
                case Evaluated(of="progress", fid=float(fid)):
                    on_the_way.setdefault(event.images, fid)
                case Finished():
                    state, found_value, more = _ending(event.status, event.reason, value)
                    found = {"state": state, "value": found_value}
                    attributes |= more
        return create_trial(**found, **_identity(trial), user_attrs=attributes, intermediate_values=on_the_way)

    def _begin(self, asked: optuna.trial.Trial, reported: set[int]) -> Iterator[Trial]:
        """Enter what the trial's journal holds; it is yielded unless it has ended."""
        trial = self._trials.get(asked.user_attrs.get(FINGERPRINT, ""))
        if trial is None or trial.name in self._handed_out:
            asked.set_user_attr(STATUS, WITHDRAWN)
            self._study.tell(asked, state=TrialState.FAIL)
            return
        for factor in trial.arm.factors:  # an earlier version's entry may lack them
            asked.suggest_categorical(factor, SWITCH.choices)
        asked.suggest_int("seed", SEED.low, SEED.high)
        self._handed_out.add(trial.name)
        self._begun[trial.name], self._reported[trial.name] = asked, reported
        for event in self._journals[trial.name]:
            if not isinstance(event, Finished) or event.is_result:  # what failed is tried again
                self._note(trial.name, event)
        if not self._result(trial):
            yield trial

    def _result(self, trial: Trial) -> str:
        """The status where the journal ends with a result, else ''."""
        events = self._journals[trial.name]
        end = events[-1] if events else None
        return end.status if isinstance(end, Finished) and end.is_result else ""

    def _note(self, name: str, event: AnyEvent) -> None:
        match event:
            case Evaluated(of="best", fid=None):
                self._values[name] = event.kimg
                self._begun[name].set_user_attr(VALUE_IS, KIMG_SEEN)
            case Evaluated(of="best", fid=float(fid)):
                self._values[name] = fid
            case Evaluated(of="progress", fid=float(fid)) if event.images not in self._reported[name]:
                self._reported[name].add(event.images)  # a resumed run repeats what came after its checkpoint
                self._begun[name].report(fid, step=event.images)
            case Finished():
                self._close(name, event.status, event.reason)

    def _close(self, name: str, status: str, reason: str) -> None:
        trial = self._begun.pop(name)
        del self._reported[name]
        state, value, attributes = _ending(status, reason, self._values.pop(name, None))
        for key, text in attributes.items():
            trial.set_user_attr(key, text)
        self._study.tell(trial, value, state)


def _ending(status: str, reason: str, value: float | None) -> tuple[TrialState, float | None, dict[str, str]]:
    """State, value and attributes of an entry that ends. `value`: what was measured, if anything was."""
    if status == "finished" and value is not None and not math.isfinite(value):
        reason = NOT_FINITE
    attributes = {STATUS: status, **({REASON: reason} if reason else {})}
    if status == "finished" and value is not None and math.isfinite(value):
        return TrialState.COMPLETE, value, attributes
    return TrialState.FAIL, None, attributes


def _identity(trial: Trial) -> dict[str, Any]:
    """The parameters of a trial's entry, and what they could have been."""
    switches: dict[str, BaseDistribution] = dict.fromkeys(trial.arm.factors, SWITCH)
    return {
        "params": {**trial.arm.factors, "seed": trial.seed},
        "distributions": {**switches, "seed": SEED},
    }


def _attributes(trial: Trial) -> dict[str, str]:
    return {FINGERPRINT: trial.config.fingerprint(), "arm": trial.arm.name}
