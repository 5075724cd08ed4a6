"""The shares of the classes among an extractor's answers, as diversity carries them. Knows no tensor."""

from collections.abc import Mapping, Sequence

PREFIX = "class_share/"


def named(shares: Sequence[float]) -> dict[str, float]:
    """Shares in the classes' order -> numbers by name."""
    return {f"{PREFIX}{k}": share for k, share in enumerate(shares)}


def class_shares(diversity: Mapping[str, float]) -> tuple[float, ...]:
    """The shares in what `Diversity.result` gave, in the classes' order; () in older journals."""
    return tuple(share for name, share in diversity.items() if name.startswith(PREFIX))
