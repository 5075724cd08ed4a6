"""Which trial is at which worker, and which worker gets the next one."""

from collections import deque
from collections.abc import Sequence

from ablations.executors.elsewhere.retries import Again
from ablations.executors.elsewhere.shipped import ShippedJob
from ablations.executors.slurm.hand import Hand


class Placement:
    """`waiting`: for a place; `at`: who has which trial; `whole_gpu`: trials that want a GPU for themselves."""

    def __init__(self) -> None:
        self.waiting: deque[ShippedJob] = deque()
        self.at: dict[str, Hand] = {}
        self.whole_gpu: set[str] = set()
        self._avoided: dict[str, str] = {}  # the node that a trial was lost on

    def place(self, shipped: ShippedJob, again: Again | None) -> None:
        """See `Places`: it waits for a worker."""
        if again is not None and again.whole_gpu:
            self.whole_gpu.add(shipped.name)
        self.waiting.append(shipped)

    def hand_out(self, there: Sequence[Hand]) -> None:
        """Give the trials that wait to workers that have a place; those that want a GPU for themselves come first."""
        kept: Hand | None = None  # until its trials have ended, for one that wants to be alone
        for shipped in sorted(self.waiting, key=lambda shipped: shipped.name not in self.whole_gpu):
            alone = shipped.name in self.whole_gpu
            hands = [hand for hand in there if hand.life and hand is not kept]
            free = [hand for hand in hands if hand.free and self._may_have(hand, alone)]
            if free:
                avoided = self._avoided.get(shipped.name)
                hand = min(free, key=lambda hand: (hand.node == avoided, len(hand.trials)))
                hand.train(shipped)
                self.at[shipped.name] = hand
                self.waiting.remove(shipped)
            elif alone and kept is None:
                kept = min(hands, key=lambda hand: len(hand.trials), default=None)

    def take_back(self, hand: Hand, name: str) -> None:
        """The worker has this trial no more."""
        self.at.pop(name, None)
        hand.trials.pop(name, None)

    def lose(self, hand: Hand) -> list[str]:
        """The trials that a worker has had and that are without one now; its node is not their first choice."""
        names = [name for name, holder in self.at.items() if holder is hand]
        for name in names:
            self._avoided[name] = hand.node
            self.take_back(hand, name)
        return names

    def forget(self, name: str) -> None:
        """See `Places`."""
        self.whole_gpu.discard(name)
        self._avoided.pop(name, None)

    def _may_have(self, hand: Hand, alone: bool) -> bool:
        return not hand.trials if alone else self.whole_gpu.isdisjoint(hand.trials)
