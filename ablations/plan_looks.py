"""A study's looks before they are taken: what each can show, and how long it is until then. For `plan`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ablations.results.run_spread import RunSpread
from ablations.statistics import DesignProspect, Looks, Prospect, design_model, design_prospect, prospect
from ablations.statistics.borrowed_spread import lent
from ablations.study.questions import QuestionCount, has_factor_effects, in_one_block, question_count
from ablations.study.study import Study
from ablations.workspace.due_trials import LookAhead, stopped_arms
from ablations.workspace.looks_taken import read_looks_taken
from ablations.workspace.trials import Trial


@dataclass(frozen=True)
class WhatSeedsShow:
    """What the look after so many seeds can show, with its share of alpha.

    `claims`: of two arms, where claims about arms come on top of a factorial design's effects.
    """

    seeds: int
    share: float
    effects: Prospect | DesignProspect
    claims: Prospect | None

    @classmethod
    def of(cls, study: Study, spread: RunSpread, seeds: int, share: float) -> "WhatSeedsShow":
        """Of a study whose runs have this spread."""
        claims = shown_of_claims(study, spread, seeds, share)
        return cls(seeds, share, shown_by(study, spread, seeds, share), claims)


@dataclass(frozen=True)
class PlannedLook:
    """One look. `runs`: of the study up to it, if no further arm stops; `seconds`: from now until its runs are there.

    It is 'not needed' where all is said before.
    """

    number: int
    runs: int
    seconds: float
    state: Literal["taken", "to come", "not needed"]
    shows: WhatSeedsShow


def planned_looks(
    study: Study, root: Path, spread: RunSpread, ahead: Sequence[LookAhead], seconds: Callable[[Sequence[Trial]], float]
) -> tuple[PlannedLook, ...]:
    """The looks that the study declares; [] of a study that declares none. `root` is the study's directory.

    `ahead`: those to come; `seconds`: how long the trials among these that are still to do take.
    """
    if not study.looks.is_declared:
        return ()
    stopped, taken = stopped_arms(study, root), len(read_looks_taken(root))
    looks, trials = [], list[Trial]()
    to_come = {look.number: look.trials for look in ahead}
    for number, (seeds, share) in enumerate(zip(study.looks.counts, study.looks.shares, strict=True), start=1):
        trials += to_come.get(number, ())
        runs = sum(min(seeds, stopped.get(arm.name, seeds)) for arm in study.arms)
        state: Literal["to come", "not needed"] = "to come" if number in to_come else "not needed"
        shows = WhatSeedsShow.of(study, spread, seeds, share)
        looks.append(PlannedLook(number, runs, seconds(trials), "taken" if number <= taken else state, shows))
    return tuple(looks)


def shown_at_the_end(study: Study, spread: RunSpread) -> WhatSeedsShow:
    """What the last look that all seeds of the study suffice for can show."""
    looks = study.looks
    place = looks.reached(len(study.seeds)) - 1
    return WhatSeedsShow.of(study, spread, looks.counts[place], looks.shares[place])


def share_of_seeds(looks: Looks, seeds: int) -> float:
    """The share of alpha that a design with so many seeds would have at the end, with looks of this kind.

    Declared looks share alpha in proportion to their seeds, however many these are.
    """
    return looks.shares[-1] if looks.is_declared else Looks.of_count(max(1, seeds)).shares[0]


def shown_by(study: Study, spread: RunSpread, seeds: int, share: float = 1.0) -> Prospect | DesignProspect:
    """What so many seeds can show: of effects in a factorial design or a part of one, else of pairs of runs.

    `share`: the part of alpha that this look has. All questions of the study share it.
    """
    asked = question_count(study)
    if has_factor_effects(study):
        arms = (in_one_block(study) if study.blocks else study).arms
        model = design_model([arm.factors for arm in arms])
        further, blocks = asked.further, asked.blocks
        return design_prospect(model, seeds, study.rule, spread.run, share=share, further=further, blocks=blocks)
    return _of_pairs(study, spread, seeds, share, asked)


def shown_of_claims(study: Study, spread: RunSpread, seeds: int, share: float = 1.0) -> Prospect | None:
    """What the seeds can show of two arms, where claims about arms come on top of a factorial design's effects."""
    asked = question_count(study)
    return _of_pairs(study, spread, seeds, share, asked) if asked.pairs and has_factor_effects(study) else None


def _of_pairs(study: Study, spread: RunSpread, seeds: int, share: float, asked: QuestionCount) -> Prospect:
    borrowed = lent((asked.pairs - 1) * (seeds - 1), seeds, study.rule.borrow)
    return prospect(seeds, asked.tested, study.rule, spread.pair, share=share, borrowed=borrowed, blocks=asked.blocks)
