"""The global generators of random numbers, which a record has to leave alone."""

import random
from typing import Any

import numpy as np
import torch

from gan_core.contract.finding import Finding, judged

State = tuple[tuple[str, Any], ...]


def global_random_state() -> State:
    """Of torch's generator on the CPU, of numpy's and of Python's, in a form that can be compared."""
    numpys = np.random.get_state(legacy=False)["state"]
    return (
        ("torch", torch.get_rng_state().numpy().tobytes()),
        ("numpy", (numpys["key"].tobytes(), numpys["pos"])),
        ("random", random.getstate()),
    )


def drawn_from(before: State) -> list[str]:
    """The global generators that were drawn from, or seeded, since."""
    return [name for (name, then), (_, now) in zip(before, global_random_state(), strict=True) if then != now]


def random_numbers(before: State) -> Finding:
    """The global generators are as they were."""
    drew = drawn_from(before)
    return judged(
        "random numbers",
        not drew,
        "the global generators are left alone",
        f"draws from the global generator of {', '.join(drew)}",
        "no run could be repeated, resumed, or paired with another one: take a torch.Generator of your own",
    )
