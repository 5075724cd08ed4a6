"""Named random streams: each is seeded from (seed, name), so that switching one user of random numbers on moves no
other.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch


def seed_of(seed: int, name: str) -> int:
    """A 32-bit seed from the run's seed and the stream's name.

    torch's generator on a CPU (a Mersenne twister) takes 32 bits of a seed and drops the others without a word. The
    bits are those that it took of the former, longer seeds. Two streams of the thousands in a study are the same with a
    probability of about one in a thousand.
    """
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big") >> 1 & 0xFFFFFFFF


def generator(seed: int, name: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A fresh generator at the start of the named stream."""
    return torch.Generator(device).manual_seed(seed_of(seed, name))


@contextmanager
def forked(seed: int, name: str) -> Iterator[None]:
    """For library calls that must draw from the CPU's global generator: inside it is seeded, outside it is untouched.

    `torch.manual_seed` would seed those of GPUs too, for good, and takes a millisecond for it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_of(seed, name))
        yield


class Streams:
    """The streams of one run that continue from step to step, and therefore belong in its checkpoint."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generators: dict[str, torch.Generator] = {}

    def get(self, name: str, device: torch.device | str = "cpu") -> torch.Generator:
        """The stream of that name; always the same object."""
        if name not in self._generators:
            self._generators[name] = generator(self.seed, name, device)
        return self._generators[name]

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {name: g.get_state() for name, g in self._generators.items()}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        """Restore the streams; every stream in `state` must exist already."""
        for name, value in state.items():
            self._generators[name].set_state(value.cpu())
