"""What is tried again of trials that train elsewhere, and how often."""

import re
from dataclasses import dataclass, field

from ablations.executors.elsewhere.scratch import is_exchange_trouble
from gan_core.events import AnyEvent, Finished

LOST_AGAIN = 3  # times in a row, without progress in between
# As torch and the libraries below it say it for a GPU; of the CPU's memory torch has other words
OUT_OF_MEMORY = re.compile(r"\b(?:CUDA|HIP)\b[^\n]{0,20}\bout of memory\b|\bCU[A-Z]+_STATUS_ALLOC_FAILED\b")


def is_out_of_memory(end: Finished) -> bool:
    """Whether the run failed because its GPU, or its share of one, had no more memory."""
    return end.status == "failed" and OUT_OF_MEMORY.search(end.reason) is not None


@dataclass(frozen=True)
class Again:
    """A trial is tried again from its last checkpoint. `why`: for the user; `whole_gpu`: not beside others this time.

    `elsewhere`: on another node, where there is one.
    """

    why: str
    whole_gpu: bool = False
    elsewhere: bool = False


@dataclass
class _Past:
    furthest: int = -1  # number of the last event
    lost: int = 0  # times since it got further
    whole_gpu: bool = False


@dataclass
class Retries:
    """What the parent knows of the attempts at each trial that runs; `forget` one that has come to its end.

    Tried again is what the machines have done: a node that has gone, an exchange that did not answer, and once too
    little memory of a GPU. A divergence is a result, and an exception of the trainer would come again.
    """

    lost_again: int = LOST_AGAIN
    _past: dict[str, _Past] = field(default_factory=dict)

    def heard(self, name: str, event: AnyEvent) -> None:
        """To be called with every event: one that is further on than all before is progress."""
        past = self._past.setdefault(name, _Past())
        if event.seq > past.furthest and not isinstance(event, Finished):
            past.furthest, past.lost = event.seq, 0

    def lost(self, name: str, why: str) -> Again | None:
        """The trial's node or process is gone; None where that was once too often.

        `why`: a clause such as 'node gpu3 is gone'.
        """
        past = self._past.setdefault(name, _Past())
        past.lost += 1
        if past.lost > self.lost_again:
            return None
        count = f"{past.lost} of {self.lost_again}"
        return Again(f"{why}; goes on from its last checkpoint ({count})", past.whole_gpu, elsewhere=True)

    def failed(self, name: str, end: Finished, gpus: float) -> Again | None:
        """Whether a failure is tried again; `gpus`: of a GPU that the trial had, by `ClusterNeeds`. None: it stands."""
        if is_exchange_trouble(end):
            return self.lost(name, end.reason)
        past = self._past.setdefault(name, _Past())
        if not is_out_of_memory(end) or past.whole_gpu or not 0 < gpus < 1:
            return None
        past.whole_gpu = True
        return Again("out of GPU memory; tried again with a whole GPU", whole_gpu=True)

    def forget(self, name: str) -> None:
        """This trial has come to its end."""
        self._past.pop(name, None)
