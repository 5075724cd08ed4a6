"""The trainer's step captured as a CUDA graph, to see what launching kernels one by one costs.

One graph holds a whole step: an update of D and one of G, with their optimizers and everything that is noted. The batch
and the latents are drawn outside, by the trainer's own streams, and copied into fixed buffers. It serves configurations
without tricks that draw random numbers or act only every few steps.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_core.game.meter import Meter, Names
from gan_core.game.updates import Update
from gan_core.training.build import State
from gan_core.training.step import train_d, train_g

WARM_UP = 3


class BufferMeter(Meter):
    """A meter that adds in place, so that replaying a graph adds too. Counts stay those of the capture."""

    def note(self, name: str | Names, value: Tensor) -> None:
        value = value.detach().float()
        if name in self._sums:
            self._sums[name].add_(value)
        else:
            self._sums[name] = value.clone()
            self._counts[name] = 1


def captured_step(state: State, around: Callable[[], torch.autocast]) -> Callable[[], None]:
    """A function that trains one step by replaying a graph; `around` gives the context that the step runs in."""
    state.meter = BufferMeter()
    for optimizer in (state.opt_d, state.opt_g):
        for group in optimizer.param_groups:
            group["capturable"] = True
    count = state.config.batch_size
    x_real = state.batches.next(count).clone()
    z_d, z_g = state.latents(count).clone(), state.latents(count).clone()

    def step() -> None:
        with around():
            train_d(state, Update("D", 0, x_real, z_d))
            train_g(state, Update("G", 0, x_real, z_g))

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def replay() -> None:
        x_real.copy_(state.batches.next(count))
        z_d.copy_(state.latents(count))
        z_g.copy_(state.latents(count))
        graph.replay()
        state.clock.step += 1
        state.clock.images += count

    return replay
