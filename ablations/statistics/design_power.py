"""What a factorial design, full or fractional, can show with a number of seeds: from its own linear model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ablations.statistics.factor_columns import Factor, Observation, alias_structure, model_columns
from ablations.statistics.power import detectable_errors
from ablations.statistics.rule import Rule

Aliased = Literal["nothing", "pairs with each other", "main effects with pairs"]
OFF, ON = "off", "on"


@dataclass(frozen=True)
class DesignModel:
    """The model that `fit_factorial` fits to a design's arms: the seed as a block, main effects, interactions of two.

    Standard errors are those of the least certain effect from one seed, in units of a run's sd: 2 / sqrt(arms) for a
    main effect and 4 / sqrt(arms) for an interaction, a ratio of ratios, where all arms of the design are there.
    """

    arms: int
    effects: int  # with a number of their own, or in a sum
    main_error: float
    interaction_error: float | None  # None: no interaction of two has a number
    aliased: Aliased

    def degrees_of_freedom(self, seeds: int) -> int:
        """What runs are left when each seed and each effect has had its own."""
        return seeds * (self.arms - 1) - self.effects


def design_model(arms: Sequence[Mapping[str, bool]]) -> DesignModel:
    """The model of these arms, each being which factors are on; a factor that never varies has no effect."""
    levels = [{name: ON if on else OFF for name, on in arm.items()} for arm in arms]
    factors = [Factor(name, (OFF, ON)) for name in levels[0] if len({arm[name] for arm in levels}) > 1]
    columns = model_columns([Observation(arm, 0, 1.0) for arm in levels], factors, interactions=True)
    seed = np.ones((len(arms), 1))
    structure = alias_structure(seed, columns)
    matrix = np.column_stack([seed, *(columns[i].values for i in structure.kept)])
    errors = np.sqrt(np.diag(np.linalg.inv(matrix.T @ matrix)))[1:]
    mains = [float(e) for i, e in zip(structure.kept, errors, strict=True) if i < len(factors)]
    interactions = [float(e) for i, e in zip(structure.kept, errors, strict=True) if i >= len(factors)]
    mixed: Aliased = "pairs with each other" if structure.mixed else "nothing"
    if any(i < len(factors) for dropped, of in structure.mixed.items() for i in (dropped, *of)):
        mixed = "main effects with pairs"
    return DesignModel(
        len(arms), len(structure.kept), max(mains, default=math.inf), max(interactions, default=None), mixed
    )


@dataclass(frozen=True)
class DesignProspect:
    """What a factorial design can show with n seeds, for `plan`: a main effect and an interaction, the least certain.

    On the rule's scale, and `shown` for people: a ratio of scores, of an interaction a ratio of ratios. Infinite
    without a degree of freedom; None where the sd is not known, or no interaction has a number.
    """

    seeds: int
    runs: int
    comparisons: int  # questions that are tested together: the effects, and what claims ask besides
    degrees_of_freedom: int
    alpha: float  # for the whole study at this look
    sd: float | None  # of a run, on the rule's scale
    main: float | None
    main_shown: float | None
    interaction: float | None
    interaction_shown: float | None


def design_prospect(
    model: DesignModel,
    seeds: int,
    rule: Rule,
    sd: float | None,
    *,
    share: float = 1.0,
    further: int = 0,
    blocks: int = 1,
) -> DesignProspect:
    """What the smallest effects are that the design finds with the rule's power, before anything else is found.

    `sd`: of a run. `share`: the part of alpha that the look after these seeds has, where a study looks more than once.
    `further`: questions of the study besides these effects, with which they share it. `blocks`: over which they
    are averaged, each effect then having as many questions about single blocks besides.
    """
    df, alpha = blocks * model.degrees_of_freedom(seeds), rule.alpha * share
    tested = max(1, model.effects * (2 if blocks > 1 else 1) + further)

    def smallest(error: float | None) -> float | None:
        if error is None or sd is None:
            return None
        return error / math.sqrt(seeds * blocks) * sd * detectable_errors(df, alpha / tested, rule.power)

    main, interaction = smallest(model.main_error), smallest(model.interaction_error)
    return DesignProspect(
        seeds=seeds,
        runs=seeds * model.arms * blocks,
        comparisons=tested,
        degrees_of_freedom=df,
        alpha=alpha,
        sd=sd,
        main=main,
        main_shown=None if main is None else rule.shown(main),
        interaction=interaction,
        interaction_shown=None if interaction is None else rule.shown(interaction),
    )
