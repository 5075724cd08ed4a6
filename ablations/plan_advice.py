"""What other designs of the same factors could show with as many runs as a study has, for `plan`."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ablations.results.run_spread import RunSpread
from ablations.statistics import DesignModel, DesignProspect, Rule, design_model, design_prospect, prospect
from ablations.statistics.borrowed_spread import lent
from ablations.study.designs import DESIGNS, DesignOptions, Layout
from ablations.study.factors import StudyFactor, clashes, merged, named_by, resolved
from ablations.study.study import Study
from gan_core.problems import UserError

ADVISED = ("one-in", "one-out", "factorial", "fractional")  # designs whose question the others answer too
FEWEST_FACTORS, MOST_FACTORS = 3, 5  # for advice at all; for a full factorial
ROMAN = {3: "III", 4: "IV", 5: "V", 6: "VI", 7: "VII"}
NEVER_SEEN = "nothing; pairs never seen"


@dataclass(frozen=True)
class Alternative:
    """One design with as many seeds as fit, and the smallest factors between FIDs that it would find.

    `main` and `interaction` are for people, as the rule shows them: infinite without a degree of freedom; None where
    the spread is not known, or interactions have no number. `aliased`: what can't be told apart. `forbidden`: why a
    rule does not let this design be; '' where it can.
    """

    design: str
    arms: int
    seeds: int  # 0: it has more arms than there are runs
    seconds: float
    degrees_of_freedom: int
    main: float | None
    main_of_one_more: float | None  # with one seed more
    interaction: float | None
    aliased: str
    forbidden: str = ""

    @property
    def runs(self) -> int:
        """How many of the budget's runs it takes."""
        return self.arms * self.seeds


@dataclass(frozen=True)
class _Budget:
    """What all designs have alike. `share`: of alpha at the look after so many seeds; `further`: claims' questions."""

    runs: int
    rule: Rule
    spread: RunSpread
    seconds: Callable[[int], float]
    share: Callable[[int], float]
    further: int


def alternatives(
    study: Study, spread: RunSpread, seconds: Callable[[int], float], share: Callable[[int], float], further: int = 0
) -> tuple[Alternative, ...]:
    """One-in (or one-out), fractions of resolution III and IV, and all combinations of at most five factors.

    None for other questions than a design's, across several settings, with fewer than three factors, or without a
    spread. `seconds`: how long so many runs take. `share`: the part of alpha that the look after so many seeds has.
    `further`: questions that claims ask besides the design's.
    """
    if study.blocks or study.design not in ADVISED or len(study.factors) < FEWEST_FACTORS or spread.run is None:
        return ()
    budget = _Budget(len(study.arms) * len(study.seeds), study.rule, spread, seconds, share, further)
    alone = _alone(study, budget)
    rows = {alone.design: alone}
    for design, label, layout in _factorials(list(study.factors)):
        forbidden = _forbidden(study, layout)
        left_out = forbidden if DESIGNS[design].leaves_out else {}
        arms = [arm.on for arm in layout.combinations if arm.arm not in left_out]
        model = design_model([{name: name in on for name in study.factors} for on in arms])
        reason = next((f"arm {arm}: {why}" for arm, why in forbidden.items() if arm not in left_out), "")
        rows.setdefault(label, _factorial(label, model, budget, spread.run, reason))
    return tuple(rows.values())


def _alone(study: Study, budget: _Budget) -> Alternative:
    """Each factor against one reference, in pairs of runs with a seed in common."""
    factors, rule = len(study.factors), budget.rule
    seeds = budget.runs // (factors + 1)

    def smallest(n: int) -> float | None:
        borrowed = lent((factors - 1) * (n - 1), n, rule.borrow)
        tested, share = factors + budget.further, budget.share(n)
        return prospect(n, tested, rule, budget.spread.pair, share=share, borrowed=borrowed).detectable_shown

    return Alternative(
        design="one-out" if study.design == "one-out" else "one-in",
        arms=factors + 1,
        seeds=seeds,
        seconds=budget.seconds(seeds * (factors + 1)),
        degrees_of_freedom=max(seeds - 1, 0),
        main=smallest(seeds),
        main_of_one_more=smallest(seeds + 1),
        interaction=None,
        aliased=NEVER_SEEN,
    )


def _factorials(factors: Sequence[str]) -> Iterator[tuple[str, str, Layout]]:
    """The design, its name for people, and its arms. Of two fractions with as many arms the one that mixes less."""
    fractions: dict[int, Layout] = {}
    for resolution in (3, 4, 5):
        try:
            layout = DESIGNS["fractional"].lay_out(factors, DesignOptions(resolution=resolution))
        except UserError:  # none is smaller than the factorial, or there are too many factors
            continue
        arms = len(layout.combinations)
        if resolution < 5 or arms in fractions:
            fractions[arms] = layout
    for layout in fractions.values():
        if layout.fraction is not None:
            yield "fractional", f"fraction of resolution {ROMAN[layout.fraction.resolution]}", layout
    if len(factors) <= MOST_FACTORS:
        yield "factorial", "factorial", DESIGNS["factorial"].lay_out(factors, DesignOptions())


def _factorial(design: str, model: DesignModel, budget: _Budget, sd: float, forbidden: str) -> Alternative:
    seeds = budget.runs // model.arms

    def at(n: int) -> DesignProspect:
        return design_prospect(model, n, budget.rule, sd, share=budget.share(n), further=budget.further)

    shows = at(max(seeds, 1))
    return Alternative(
        design=design,
        arms=model.arms,
        seeds=seeds,
        seconds=budget.seconds(model.arms * seeds),
        degrees_of_freedom=shows.degrees_of_freedom if seeds else 0,
        main=shows.main_shown if seeds else math.inf,
        main_of_one_more=at(seeds + 1).main_shown,
        interaction=shows.interaction_shown if seeds or shows.interaction is None else math.inf,
        aliased=model.aliased,
        forbidden=forbidden,
    )


def _forbidden(study: Study, layout: Layout) -> dict[str, str]:
    """The arms that a rule forbids, and why."""
    factors = {name: StudyFactor(settings, ("tricks", name)) for name, settings in study.factors.items()}
    reasons = {}
    for combination in layout.combinations:
        on = [name for name in factors if name in combination.on]
        reasons[combination.arm] = next(iter(clashes(on, factors)), "")
        if not reasons[combination.arm]:
            wrong = resolved(merged(study.baseline, on, factors), named_by(on, factors)).wrong
            reasons[combination.arm] = wrong[0].message if wrong else ""
    return {arm: reason for arm, reason in reasons.items() if reason}
