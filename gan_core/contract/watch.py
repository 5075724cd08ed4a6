"""What a trick does in its seats besides its work: global random numbers that it draws, tensors that it changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from gan_core.contract.global_random import drawn_from, global_random_state
from gan_core.tricks.seats import Parts, Term

SEATS = (
    "before_d",
    "view",
    "fakes",
    "targets",
    "g_targets",
    "d_terms",
    "g_terms",
    "observers",
    "grads",
    "after_d",
    "after",
)


class Watch:
    """Stands around the seats of a run and remembers, by seat."""

    def __init__(self) -> None:
        self.drew: dict[str, list[str]] = {}  # seat -> global generators
        self.changed: set[str] = set()  # seats in which a tensor that was given was written to
        self.not_scalar: dict[str, tuple[int, ...]] = {}  # name of a term -> the shape that it gave
        self.without_gradient: set[str] = set()  # names of terms whose value depends on nothing

    def around(self, parts: Parts) -> Parts:
        """The same parts, watched."""
        watched: dict[str, Any] = {}
        for field in fields(parts):
            seat, content = field.name, getattr(parts, field.name)
            if seat in ("d_terms", "g_terms"):
                watched[seat] = tuple(replace(term, value=self._term(seat, term)) for term in content)
            elif seat in SEATS:
                watched[seat] = tuple(self._call(seat, act) for act in content)
        return replace(parts, **watched)

    def _call(self, seat: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any) -> Any:
            with self._looking(seat, arguments):
                return act(*arguments)

        return watched

    def _term(self, seat: str, term: Term) -> Callable[..., Tensor]:
        def watched(seen: Any) -> Tensor:
            with self._looking(seat, seen):
                value = term.value(seen)
            if value.ndim:
                self.not_scalar[term.name] = tuple(value.shape)
            if not value.requires_grad:
                self.without_gradient.add(term.name)
            return value

        return watched

    @contextmanager
    def _looking(self, seat: str, given: Any) -> Iterator[None]:
        tensors = [leaf for leaf in tree_leaves(given) if isinstance(leaf, Tensor)]
        before = [(tensor, tensor._version, tensor.detach().clone()) for tensor in tensors]
        generators = global_random_state()
        yield
        if drew := drawn_from(generators):
            self.drew[seat] = drew
        if any(tensor._version != version or _differs(tensor, value) for tensor, version, value in before):
            self.changed.add(seat)


def _differs(tensor: Tensor, former: Tensor) -> bool:
    return not torch.allclose(tensor.detach(), former, rtol=0, atol=0, equal_nan=True)
