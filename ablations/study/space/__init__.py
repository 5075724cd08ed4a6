"""A search's space: which settings may be chosen, what a choice means, and what is wrong with it. Knows no Optuna."""

from ablations.study.space.dimension import Choices as Choices
from ablations.study.space.dimension import Params as Params
from ablations.study.space.dimension import Range as Range
from ablations.study.space.space import Forbidden as Forbidden
from ablations.study.space.space import Space as Space
