"""A study ends early when trial after trial fails: what breaks one after another will break the rest as well."""

from collections.abc import Sequence

from ablations.execution.options import MAX_FAILURES
from ablations.workspace.trials import Trial
from gan_core.events import Finished
from gan_core.workers.job import Report


class FailureWatch:
    """Counts the different trials that failed one after another; `most` of them are too many."""

    def __init__(self, most: int = MAX_FAILURES) -> None:
        self.most = most
        self._failed: dict[str, tuple[Trial, str]] = {}

    def enter(self, report: Report, trial: Trial) -> None:
        """Take in what was reported of this trial. A result, be it a divergence, ends the row."""
        if self.is_over:
            return  # what is told while the others end changes nothing
        event = report.event
        if isinstance(event, Finished) and event.is_result:
            self._failed.clear()
        elif isinstance(event, Finished):
            self._failed[trial.name] = (trial, event.reason)
        elif report.has_died:
            self._failed[trial.name] = (trial, report.left)

    @property
    def is_over(self) -> bool:
        """Whether the study is to end."""
        return len(self._failed) >= self.most

    @property
    def message(self) -> str:
        """Why it ended, with what the failed trials have in common; '' where it did not."""
        if not self.is_over:
            return ""
        failed = [*self._failed.values()]
        common = _in_common([trial for trial, _ in failed], [reason for _, reason in failed])
        return (
            f"{len(failed)} trials failed one after another, and no more were tried: {common}; "
            f"`run` tries them again, --max-failures N allows more"
        )


def _in_common(trials: Sequence[Trial], reasons: Sequence[str]) -> str:
    """'all with ...': what is the same in all of these failures, the reason first."""
    parts = []
    if len(set(reasons)) == 1:
        parts.append(reasons[0])
    if len(arms := {trial.arm.name for trial in trials}) == 1:
        parts.append(f"arm {arms.pop()}")
    elif on := [name for name in trials[0].arm.factors if all(trial.arm.factors.get(name) for trial in trials)]:
        parts.append(f"{', '.join(on)} on")
    if len(trials) > 1 and len(seeds := {trial.seed for trial in trials}) == 1:
        parts.append(f"seed {seeds.pop()}")
    return f"all with {'; '.join(parts)}" if parts else f"nothing is common to them, the last one had {reasons[-1]}"
