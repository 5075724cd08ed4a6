"""The updates of a step, each recorded once and then replayed: for GPUs, where launching kernels one by one takes most
of a small network's step.

A recording does the same to the same memory each time, without Python. So what an update is given lies in fixed
buffers, which are written before each replay; rates that move are tensors; and there is one recording for each player
and each combination of lazy terms that may be due. How often something was noted is Python's and is counted at each
replay. All else of a step stays outside: drawing batches and z, the clock, what acts after the updates, shadows of G.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.game.meter import DoseMeter, Meter, Names
from gan_core.game.optimizer_numbers import fixed_when_recorded
from gan_core.game.optimizers import make_capturable
from gan_core.game.player import Player
from gan_core.game.updates import Update
from gan_core.training.build import State
from gan_core.training.recorders import CudaRecorder, Recorder
from gan_core.training.step import Learn, due_terms, learn, train_d, train_g
from gan_core.tricks.seats import Term

Kind = tuple[Player, tuple[Term, ...]]  # of an update: whose, and with which terms
Counts = dict[str | Names, int]
Inputs = tuple[Tensor, Tensor, Tensor | None]  # x_real [N C H W], z [N latent_dim], y [N] in a conditional run


def learner(s: State) -> Learn:
    """How this run makes its updates: captured where the configuration asks for it and nothing is against it."""
    if not s.config.cuda_graphs or obstacles(s):
        return learn
    return Captured(s, CudaRecorder(s.device))


def obstacles(s: State) -> tuple[str, ...]:
    """Why this run's updates can't be captured as CUDA graphs, in words; () where they can."""
    no_gpu = () if s.device.type == "cuda" else (f"CUDA graphs are for GPUs, and this runs on {s.device}",)
    return (*no_gpu, *fixed_when_recorded(s.config), *_drawing(s), *s.parts.eager)


def _drawing(s: State) -> Iterator[str]:
    """Networks that draw random numbers of their own, as a plain module with dropout does."""
    for player, net in (("G", s.G), ("D", s.D)):
        if getattr(net, "draws", False):
            yield f"{player} draws random numbers in its forward pass"


@dataclass(frozen=True)
class Recording:
    """One kind of update. `noted`: how often it notes each name, for each of the run's meters."""

    replay: Callable[[], None]
    noted: list[Counts]


class Captured:
    """Makes the updates of one run by replaying them. It is made once the run's checkpoint has been loaded."""

    def __init__(self, s: State, recorder: Recorder) -> None:
        self._state, self._recorder = s, recorder
        self._meters = [s.meter, *(thing.meter for thing in s.parts.state.values() if isinstance(thing, DoseMeter))]
        self._inputs: Inputs | None = None
        self._recordings: dict[Kind, Recording] = {}
        make_capturable(s.opt_g)
        make_capturable(s.opt_d)
        s.rates.keep_in_tensors()

    def __call__(self, s: State, update: Update) -> None:
        """What `gan_core.training.step.learn` does."""
        assert s is self._state  # whose memory the recordings are of
        if self._inputs is None:
            y = None if update.y is None else torch.empty_like(update.y)
            self._inputs = torch.empty_like(update.x_real), torch.empty_like(update.z), y
        for fixed, given in zip(self._inputs, (update.x_real, update.z, update.y), strict=True):
            if fixed is not None and given is not None:
                fixed.copy_(given)
        kind = update.player, due_terms(s, update)
        if kind not in self._recordings:
            self._recordings[kind] = self._record(kind, *self._inputs)
        recording = self._recordings[kind]
        recording.replay()
        for meter, noted in zip(self._meters, recording.noted, strict=True):
            _count(meter, noted)

    def _record(self, kind: Kind, x_real: Tensor, z: Tensor, y: Tensor | None) -> Recording:
        player, terms = kind
        train = train_d if player == "D" else train_g
        noted: list[Counts] = []

        def run() -> None:
            with _uncounted(self._meters) as counts:
                train(self._state, x_real, z, terms, y)
            noted[:] = counts

        return Recording(self._recorder.record(run, lambda: _unchanged(self._state, self._meters)), noted)


@contextmanager
def _uncounted(meters: list[Meter]) -> Iterator[list[Counts]]:
    """What is noted inside isn't counted but told, once it has ended: how often each name, for each meter."""
    before, told = [meter.counts for meter in meters], list[Counts]()
    for meter in meters:
        meter.counts = {}
    yield told
    told[:] = [meter.counts for meter in meters]
    for meter, counts in zip(meters, before, strict=True):
        meter.counts = counts


def _count(meter: Meter, noted: Counts) -> None:
    for name, count in noted.items():
        meter.counts[name] = meter.counts.get(name, 0) + count


@contextmanager
def _unchanged(s: State, meters: list[Meter]) -> Iterator[None]:
    """Updates inside leave everything as it was before. What optimizers make only then is left at 0, its beginning."""
    before = {id(tensor): tensor.detach().clone() for tensor in _trained(s)}
    noted = [meter.state_dict() for meter in meters]
    yield
    with torch.no_grad():
        for tensor in _trained(s):
            if id(tensor) in before:
                tensor.copy_(before[id(tensor)])
            else:
                tensor.zero_()
    for meter, sums in zip(meters, noted, strict=True):
        meter.load_state_dict(sums, s.device)


def _trained(s: State) -> Iterator[Tensor]:
    for net in (s.G, s.D):
        yield from net.parameters()
        yield from net.buffers()
    for optimizer in (s.opt_g, s.opt_d):
        for kept in optimizer.state.values():
            yield from (value for value in kept.values() if isinstance(value, Tensor))
