"""From the search in a study file to a space in which every choice is right on its own, or to the problems, each at
its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec

from ablations.study.arm import Arm
from ablations.study.designs.search_options import Confirm, DimensionWords, Explore
from ablations.study.factors import StudyFactor, resolved
from ablations.study.space.dimension import Choices, Params, Range, dimension_of
from ablations.study.space.space import Forbidden, Space
from ablations.study.space.syntax import words_problems
from gan_core.problems import Problem

NUMBERS = {"cmaes": 2, "qmc": 1}  # ranges that a sampler needs: without them it draws at random


def checked_space(
    words: Mapping[str, DimensionWords],
    baseline: Arm,
    tricks: Mapping[str, StudyFactor],
    explore: Explore,
    confirm: Confirm,
) -> tuple[Space | None, list[Problem]]:
    """The space, or None and what is wrong with it."""
    if problems := words_problems(words, tricks):
        return None, problems
    names = [*(name for name in words if "." not in name), *(name for name in words if "." in name)]
    space = Space(baseline, tricks, tuple(dimension_of(name, words[name]) for name in names))
    problems = [*_trick_problems(space), *(p for d in space.dimensions for p in _dimension_problems(space, d))]
    problems += _sampler_problems(space, explore.sampler)
    if baseline.config.extractor == "none":
        problems.append(Problem("a search needs scores", ("baseline", "extractor"), "an extractor"))
    if confirm.best > explore.arms:
        problems.append(Problem(f"{confirm.best} of {explore.arms} arms", ("confirm", "best"), f"<= {explore.arms}"))
    if not problems and (there_are := space.arms_there_are()) is not None and there_are < explore.arms:
        message = f"{explore.arms} different arms are requested, and the space has {there_are}"
        problems.append(Problem(message, ("explore", "arms"), f"<= {there_are}"))
    return (space if not problems else None), problems


def forbidden_in_words(space: Space) -> list[str]:
    """Each reason why a part of the space is no arm, with the size of that part where it can be counted."""
    everything = space.everything() or []
    about: dict[str, int] = {}
    for params in everything:
        arm = space.arm(params)
        for reason in arm.reasons if isinstance(arm, Forbidden) else ():
            about[reason] = about.get(reason, 0) + 1
    return [f"{count} of {len(everything)} combinations are no arms: {reason}" for reason, count in about.items()]


def _trick_problems(space: Space) -> Iterator[Problem]:
    """Mistakes of a trick on its own; what a rule forbids may be right together with something else."""
    for name, factor in space.tricks.items():
        for problem in resolved(space.settings({name: True})).mistakes:
            yield replace(problem, where=(*factor.where, *problem.where))


def _dimension_problems(space: Space, dimension: Choices | Range) -> Iterator[Problem]:
    where = ("space", dimension.name)
    context = _context(space, dimension)
    if context is None:
        setting = dimension.name.partition(".")[0]
        message = f"nothing switches {setting} on: neither the baseline, nor a trick, nor a choice"
        yield Problem(message, where, f"a factor under `tricks` that sets {setting}")
        return
    told = set()
    for place, chosen in dimension.corners():
        settings = space.settings({**context, dimension.name: chosen})
        for problem in resolved(settings).mistakes:
            own = problem.where[: 2 if "." in dimension.name else 1]
            if ".".join(map(str, own)) == dimension.name and problem.message not in told:
                told.add(problem.message)
                inner = place if not problem.message.startswith("no setting is called") else ()
                yield replace(problem, where=(*where, *inner))


def _context(space: Space, dimension: Choices | Range) -> Params | None:
    """Choices with which the dimension exists; None if there are none."""
    params: Params = {name: wanted[0] for name, wanted in dimension.when.items()}
    for name in dimension.when:
        other = next((d for d in space.dimensions if d.name == name), None)
        params |= (_context(space, other) or {}) if other is not None else {}
    if space.is_there(dimension, params):
        return params
    setting = dimension.name.partition(".")[0]
    for switch in space.all_dimensions:
        if switch.name == setting or (switch.name in space.tricks and setting in space.tricks[switch.name].settings):
            for level in switch.levels() or ():
                if space.is_there(dimension, {**params, switch.name: level}):
                    return {**params, switch.name: level}
    return None


def _sampler_problems(space: Space, sampler: str) -> Iterator[Problem]:
    where = ("explore", "sampler")
    if sampler == "cmaes" and find_spec("cmaes") is None:
        yield Problem("cmaes needs a package that is not there", where, "pip install cmaes; or tpe, gp, random, qmc")
    always = [d for d in space.dimensions if isinstance(d, Range) and not d.when and "." not in d.name]
    needed = NUMBERS.get(sampler, 0)
    if len(always) < needed:
        message = f"{sampler} moves ranges of numbers that are always there, and the space has {len(always)}"
        yield Problem(message, where, f"{needed} or more of them; or tpe, gp, random")
