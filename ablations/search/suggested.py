"""What a sampler chooses in one dimension of a space."""

import optuna

from ablations.designs.search_words import Scalar
from ablations.space import Choices, Range


def suggested(asked: optuna.trial.Trial, dimension: Choices | Range) -> Scalar:
    """The sampler's choice: a label, or a number in the range."""
    name = dimension.name
    if isinstance(dimension, Choices):
        chosen = asked.suggest_categorical(name, dimension.labels)
        assert chosen is not None
        return chosen
    if dimension.whole:
        low, high, step = int(dimension.low), int(dimension.high), int(dimension.step or 1)
        return asked.suggest_int(name, low, high, step=step, log=dimension.log)
    return asked.suggest_float(
        name, float(dimension.low), float(dimension.high), step=dimension.step, log=dimension.log
    )
