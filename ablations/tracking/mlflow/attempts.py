"""Jobs for a store that may be away: each is tried, and what failed is remembered until it succeeds."""

import time
from collections.abc import Callable, Mapping

from ablations.tracking.mlflow.store import first_line

HANGS_S = 1.0  # a failure that took so long means that the store is not there, for nobody
Job = Callable[[], object]


class Attempts:
    """What failed so far, by the job's name, and why."""

    def __init__(self) -> None:
        self._failed: dict[str, str] = {}

    @property
    def problem(self) -> str:
        """Why something could not be done so far; '' if nothing is wrong."""
        return next(iter(list(self._failed.values())), "")

    def all_of(self, jobs: Mapping[str, Job], is_over: Callable[[str], bool] = lambda name: False) -> list[str]:
        """Do the jobs in order. Returns those that failed; after one that hung, also the others, which were not tried.

        `is_over`: whether there is no time for this job any more; it is not tried then, and returned as well. Whatever
        goes wrong is noted and nothing more: the journal is on disk, so training need not stop.
        """
        names = list(jobs)
        failed: list[str] = []
        for position, name in enumerate(names):
            if is_over(name):
                failed.append(name)
                continue
            start = time.monotonic()
            try:
                jobs[name]()
                self._failed.pop(name, None)
            except Exception as error:
                self._failed[name] = first_line(error)
                if time.monotonic() - start > HANGS_S:
                    return failed + names[position:]
                failed.append(name)
        return failed
