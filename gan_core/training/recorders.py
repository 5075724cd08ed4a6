"""What records an update once, to be done again without Python: a CUDA graph, or where there is no GPU a stand-in."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import torch

WARM_UP = 3  # runs ahead of a recording, as in torch's notes on CUDA graphs
CAPTURABLE_ALONE = "This instance was constructed with capturable=True"  # torch on the optimizers of a warm-up


class Recorder(Protocol):
    """Makes recordings. What it has to run before it can be replayed it runs within `unchanged()`."""

    def record(
        self, run: Callable[[], None], unchanged: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[], None]:
        """A function that does what `run` does, to the same memory each time. Nothing has been done by it yet."""
        ...


class PlainRecorder:
    """Runs the function itself: buffers, rates and counts are those of a captured update, and Python runs each time."""

    def record(
        self, run: Callable[[], None], unchanged: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[], None]:
        return run


class CudaRecorder:
    """CUDA graphs, each with memory of its own. See torch's notes on CUDA semantics, "CUDA Graphs".

    The first runs choose algorithms and make what optimizers and meters keep, outside of any graph.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def record(
        self, run: Callable[[], None], unchanged: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[], None]:
        with torch.cuda.device(self._stream.device):
            main = torch.cuda.current_stream()
            self._stream.wait_stream(main)
            with torch.cuda.stream(self._stream), unchanged(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=CAPTURABLE_ALONE)
                for _ in range(WARM_UP):
                    run()
            main.wait_stream(self._stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._stream):
                run()
        return graph.replay
