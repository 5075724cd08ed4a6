"""What was measured of one generator."""

from typing import NamedTuple

from gan_core.events import Score


class Scored(NamedTuple):
    """Scores, and how different the images are (`Diversity.result`); both empty without an extractor."""

    scores: tuple[Score, ...]
    diversity: dict[str, float]
