"""What a computation takes for constant stays constant while its inputs move: so that a slope that is measured by
moving them is the one that autograd computes.

A value that is detached, computed under torch.no_grad, or read as a number of Python is remembered the first time and
given again every other time, in the same order. (Gradients are off within an autograd.Function too, whose result is no
constant: so it is torch.no_grad that is listened to.)
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

DETACHING: frozenset[Callable[..., Any]] = frozenset((Tensor.detach, torch.detach, Tensor.data.__get__))  # type: ignore[attr-defined]
READING: frozenset[Callable[..., Any]] = frozenset((Tensor.item, Tensor.tolist, Tensor.__float__, Tensor.__bool__))


class OtherCourseError(RuntimeError):
    """The computation took another course than the first time."""


class Constants(TorchFunctionMode):
    """Enter it around each evaluation; `first` for the one whose constants hold."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[Any] = []
        self._next: int | None = None  # None: the first evaluation
        self._no_grad = 0  # blocks that are open
        self._former: tuple[Any, Any] | None = None

    def again(self) -> "Constants":
        """For another evaluation."""
        self._next = 0
        return self

    def __enter__(self) -> "Constants":
        self._former = enter, leave = torch.no_grad.__enter__, torch.no_grad.__exit__

        def entered(block: Any) -> None:
            self._no_grad += 1
            enter(block)

        def left(block: Any, *error: Any) -> None:
            self._no_grad -= 1
            leave(block, *error)

        torch.no_grad.__enter__, torch.no_grad.__exit__ = entered, left  # type: ignore[method-assign]
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        assert self._former is not None
        torch.no_grad.__enter__, torch.no_grad.__exit__ = self._former  # type: ignore[method-assign]

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Iterable[Any] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        is_constant = func in DETACHING or func in READING or self._no_grad > 0
        if not is_constant or not _is_value(result):
            return result
        if self._next is None:
            self._kept.append(_copy(result))
            return result
        if self._next >= len(self._kept):
            raise OtherCourseError
        kept = self._kept[self._next]
        self._next += 1
        if isinstance(kept, Tensor) != isinstance(result, Tensor):
            raise OtherCourseError
        return _copy(kept)


def _is_value(result: Any) -> bool:
    return isinstance(result, int | float | list) or (isinstance(result, Tensor) and result.is_floating_point())


def _copy(value: Any) -> Any:
    return torch.Tensor.detach(value).clone() if isinstance(value, Tensor) else value
