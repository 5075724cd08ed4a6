"""A CUDA graph's stand-in on a CPU: the operations of one run, on a tape, done again on the same memory without Python.

What a graph freezes, the tape freezes: numbers of Python, which branch was taken, and which tensors are read and
written. What a graph refuses, the tape refuses: waiting for a value, shapes that depend on values, and random numbers
of a generator that it does not know.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

WAITING = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal", "aten::_unique2")


class NotRecordableError(RuntimeError):
    """An operation that no graph can hold."""


class TapeRecorder:
    """Warms up and records as `CudaRecorder` does. Recording runs the function, so that it too is undone."""

    def record(
        self, run: Callable[[], None], unchanged: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[], None]:
        with unchanged():
            run()
        tape = Tape()
        with unchanged(), tape:
            run()
        return tape.replay


class Tape(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The operations that run inside, in order, below autograd: those of backward passes are among them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._done: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[Any]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._schema.name in WAITING:
            raise NotRecordableError(f"{func._schema.name} waits for the device, which can't be captured")
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise NotRecordableError(f"{func._schema.name} draws random numbers, which can't be captured")
        result = func(*args, **(kwargs or {}))
        # Lists may be emptied or filled by whoever passed them
        frozen = tuple(list(arg) if isinstance(arg, list) else arg for arg in args)
        self._done.append((func, frozen, kwargs or {}, tree_leaves(result)))
        return result

    def replay(self) -> None:
        with torch.no_grad():
            for func, args, kwargs, results in self._done:
                for then, now in zip(results, tree_leaves(func(*args, **kwargs)), strict=True):
                    if isinstance(then, Tensor) and not _in_one_place(then, now):
                        then.copy_(now)


def _in_one_place(then: Tensor, now: Tensor) -> bool:
    """A view, what was written in place, or zeros without memory: nothing has to be carried over."""
    if then._is_zerotensor():
        return True
    return then.untyped_storage().data_ptr() == now.untyped_storage().data_ptr()
