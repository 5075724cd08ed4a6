"""Baseline, factors and combinations -> arms, with every problem in them, once, at the place where it was written."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ablations.designs import ALL, Combination
from ablations.trials import Arm
from gan_core.config import Config, broken_rules, resolve
from gan_core.problems import Problem, UserError

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class BuiltArms:
    """What could be built, and what stands in the way. `where` of a problem is a path in the study file."""

    arms: tuple[Arm, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


def build_arms(baseline: Settings, factors: Mapping[str, Settings], combinations: Sequence[Combination]) -> BuiltArms:
    """Resolve every combination. A mistake in the baseline is reported once and left out of what the arms build on."""
    problems = [*_seeds_set(baseline, ("baseline",))]
    seeded = {name: _seeds_set(settings, ("tricks", name)) for name, settings in factors.items()}
    problems += [problem for found in seeded.values() for problem in found]
    factors = {name: _without(settings, {"seed"}) for name, settings in factors.items()}
    _, sound, unsound = _resolved(_without(baseline, {"seed"}))
    problems += [replace(p, where=("baseline", *p.where)) for p in unsound]

    arms: list[Arm] = []
    known = set(problems)
    for combination in combinations:
        on = [name for name in factors if name in combination.on]
        if clashes := _clashes(combination.arm, on, factors):
            problems += clashes
            continue
        settings = dict(sound)
        for name in on:
            settings |= factors[name]
        config, _, wrong = _resolved(settings)
        for problem in wrong:
            placed = _placed(problem, combination.arm, on, factors)
            alone = {replace(placed, where=("tricks", name)) for name in on}
            if known.isdisjoint({placed, *alone}):
                known.add(placed)
                problems.append(_named(placed, combination.arm) if len(on) > 1 else placed)
        if not wrong and not any(seeded[name] for name in on):
            arms.append(Arm(combination.arm, {name: name in on for name in factors}, settings, config))
    if not unsound:  # a mistake that was left out would make arms look alike
        problems += _twins(arms)
    return BuiltArms(tuple(arms), tuple(problems), tuple(_warnings(arms)))


def _resolved(settings: Settings) -> tuple[Config, Settings, list[Problem]]:
    """The configuration of the settings that are right, these settings, and the problems of the others.

    Needs and exclusions are looked at only when the types are right, so what is wrong is taken out until nothing is.
    """
    problems: list[Problem] = []
    while True:
        try:
            return resolve(settings), settings, problems
        except UserError as error:
            wrong = {str(p.where[0]) for p in error.problems if p.where} & settings.keys()
            if not wrong:
                raise
            problems += error.problems
            settings = _without(settings, wrong)


def _without(settings: Settings, keys: set[str]) -> Settings:
    return {key: value for key, value in settings.items() if key not in keys}


def _seeds_set(settings: Settings, where: tuple[str, ...]) -> list[Problem]:
    if "seed" not in settings:
        return []
    hint = "`seeds` at the top of the file, for all arms"
    return [Problem("the seed is no setting of an arm", (*where, "seed"), hint)]


def _clashes(arm: str, on: Sequence[str], factors: Mapping[str, Settings]) -> list[Problem]:
    """Two factors of one arm that set one key to different values."""
    problems = []
    for first, second in itertools.combinations(on, 2):
        for key in (key for key in factors[first] if key in factors[second]):
            values = factors[first][key], factors[second][key]
            if _meaning(key, values[0]) != _meaning(key, values[1]):
                message = f"{first} and {second} both set {key}, to {values[0]!r} and {values[1]!r}"
                problems.append(Problem(f"arm {arm}: {message}", _place_of(arm, on), "one value a setting"))
    return problems


def _meaning(key: str, value: Any) -> Any:
    """What a setting resolves to, so that two ways of writing it are one; a wrong one is what was written."""
    try:
        return resolve({key: value}).plain().get(key)
    except UserError:
        return value


def _placed(problem: Problem, arm: str, on: Sequence[str], factors: Mapping[str, Settings]) -> Problem:
    """Where in the file: at the factor that sets the key, else (a rule about the baseline's own) at the arm."""
    owners = [name for name in on if problem.where[0] in factors[name]]
    if owners:
        return replace(problem, where=("tricks", owners[-1], *problem.where))
    path = ".".join(map(str, problem.where))
    return replace(problem, where=_place_of(arm, on), message=f"{path}: {problem.message}")


def _named(problem: Problem, arm: str) -> Problem:
    """A problem that only a combination has."""
    return replace(problem, message=f"arm {arm}: {problem.message}")


def _place_of(arm: str, on: Sequence[str]) -> tuple[str, ...]:
    if len(on) == 1 and arm != ALL:
        return ("tricks", on[0])
    return ("all_together",) if arm == ALL else ("design",)


def _twins(arms: Sequence[Arm]) -> list[Problem]:
    """Arms that resolve to one configuration: their comparison would say nothing."""
    first: dict[str, Arm] = {}
    problems = []
    for arm in arms:
        twin = first.setdefault(arm.config.fingerprint(), arm)
        if twin is arm:
            continue
        where = _place_of(arm.name, [name for name, is_on in arm.factors.items() if is_on])
        message = f"arms {twin.name} and {arm.name} resolve to the same configuration"
        hint = "settings that differ from the baseline's" if twin.is_baseline else "arms that differ"
        problems.append(Problem(message, where, hint))
    return problems


def _warnings(arms: Sequence[Arm]) -> list[str]:
    """What is allowed but should be known, each once with the arms that it is about."""
    about: dict[Problem, list[str]] = {}
    for arm in arms:
        for problem in broken_rules(arm.config, "warning"):
            about.setdefault(problem, []).append(arm.name)
    return [
        f"{'every arm' if len(names) == len(arms) else ', '.join(names)}: {'.'.join(map(str, p.where))} {p.message}"
        for p, names in about.items()
    ]
