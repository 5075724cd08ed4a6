"""From baseline, factors and a layout to arms, with every problem in them reported once, at the place where it was
written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ablations.study.arm import Arm, LeftOut
from ablations.study.designs import DESIGNS, Combination, Layout
from ablations.study.factors import Settings, StudyFactor, Where, clashes, merged, named_by, resolved, without
from gan_core.config import broken_rules
from gan_core.problems import Problem, nearest_name
from gan_core.schema.configuration import Config

SHOWN = 4  # names of arms in a message
FID = "fid"
NO_SCORES = "none"  # an extractor
NO_FID = Problem(
    "without fid: the arms of a study are ranked and compared by it",
    ("metrics",),
    "a list with fid in it, such as [fid, kid]; or `extractor: none`, for no scores at all",
)


@dataclass
class BuiltArms:
    """What could be built, what was left out, and what stands in the way, `where` being a path in the study file."""

    arms: list[Arm] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def alone(self) -> list[Arm]:
        """Each arm once, by its own name, as claims speak of it."""
        return self.arms


def build_arms(
    baseline: Settings,
    factors: Mapping[str, StudyFactor],
    design: str,
    layout: Layout,
    *,
    leaves_out: bool | None = None,
) -> BuiltArms:
    """Resolve every combination. A mistake in the baseline is reported once and left out of what the arms build on.

    A combination that a rule forbids is left out where the design can do without it, else it is a problem.
    `leaves_out`: for one block of several, where it may be missing although the design needs it in some block.
    """
    is_block = leaves_out is not None
    leaves_out = DESIGNS[design].leaves_out if leaves_out is None else leaves_out
    replaces = DESIGNS[design].replaces
    seeded = {name: _seeds_set(*factor) for name, factor in factors.items()}
    factors = {name: factor._replace(settings=without(factor.settings, {"seed"})) for name, factor in factors.items()}
    sound = resolved(without(baseline, {"seed"}))
    built = BuiltArms(
        problems=[
            *_seeds_set(baseline, ("baseline",)),
            *(problem for found in seeded.values() for problem in found),
            *(replace(p, where=("baseline", *p.where)) for p in sound.wrong),
        ]
    )
    ranked = sound.config is None or _is_ranked(sound.config)
    if not ranked:
        built.problems.append(replace(NO_FID, where=("baseline", *NO_FID.where)))
    known = set(built.problems)
    for combination in layout.combinations:
        on = [name for name in factors if name in combination.on]
        config, problems, reasons = _tried(combination, on, factors, sound.settings, replaces)
        if reasons and leaves_out and combination.arm != layout.reference:
            built.left_out.append(LeftOut(arm=combination.arm, on=tuple(on), reasons=reasons))
            continue
        for problem in problems:
            if known.isdisjoint({problem, *(replace(problem, where=factors[name].where) for name in on)}):
                known.add(problem)  # and neither that of an arm before, nor of one of the factors alone
                built.problems.append(_named(problem, combination.arm) if len(on) > 1 else problem)
        if ranked and config is not None and not _is_ranked(config):
            built.problems.append(_placed(NO_FID, _place_of(combination, factors), on, factors))
        if config is not None and not any(seeded[name] for name in on):
            switched = {name: name in on for name in factors}
            settings = merged(sound.settings, on, factors)
            role = (design, layout.reference, combination.previous)
            built.arms.append(Arm(combination.arm, switched, settings, config, *role))
    if not sound.wrong:  # a mistake that was left out would make arms look alike
        built.problems += _twins(built.arms, {c.arm: _place_of(c, factors) for c in layout.combinations}, factors)
    if not built.problems and not is_block:
        built.problems += _never_varied(built, factors)
    built.warnings = [*_left_out_in_words(built.left_out), *_warnings(built.arms)]
    return built


def _is_ranked(config: Config) -> bool:
    """Whether the arm will have a full FID, or is meant to have no scores at all."""
    return config.extractor == NO_SCORES or FID in config.metrics


def _tried(
    combination: Combination,
    on: Sequence[str],
    factors: Mapping[str, StudyFactor],
    baseline: Settings,
    replaces: bool,
) -> tuple[Config | None, list[Problem], tuple[str, ...]]:
    """The configuration or None, its problems, and why these settings, each right on its own, can't be combined."""
    place = _place_of(combination, factors)
    if not replaces and (found := clashes(on, factors)):
        return None, [Problem(clash, place, "one value a setting") for clash in found], tuple(found)
    result = resolved(merged(baseline, on, factors), named_by(on, factors))
    if not result.wrong:
        return result.config, [], ()
    reasons = tuple(f"{'.'.join(map(str, p.where))} {p.message}" for p in result.forbidden)
    problems = [_placed(problem, place, on, factors) for problem in result.wrong]
    return None, problems, () if result.mistakes else tuple(dict.fromkeys(reasons))


def _named(problem: Problem, arm: str) -> Problem:
    """A problem that only a combination has, with its factors named."""
    return replace(problem, message=f"arm {arm}: {problem.message}")


def _placed(problem: Problem, place: Where, on: Sequence[str], factors: Mapping[str, StudyFactor]) -> Problem:
    """The place in the file: the factor that sets the key, else (for a rule about the baseline itself) the arm."""
    owners = [name for name in on if problem.where[0] in factors[name].settings]
    if owners:
        return replace(problem, where=(*factors[owners[-1]].where, *problem.where))
    path = ".".join(map(str, problem.where))
    return replace(problem, where=place, message=f"{path}: {problem.message}")


def _place_of(combination: Combination, factors: Mapping[str, StudyFactor]) -> Where:
    """The part of the file that an arm comes from: its one factor, or the entry that names the combination."""
    if len(combination.on) == 1 and combination.where == ("design",):
        return factors[next(iter(combination.on))].where
    return combination.where


def _seeds_set(settings: Settings, where: Where) -> list[Problem]:
    if "seed" not in settings:
        return []
    hint = "`seeds` at the top of the file, for all arms"
    return [Problem("the seed is no setting of an arm", (*where, "seed"), hint)]


def _twins(arms: Sequence[Arm], places: Mapping[str, Where], factors: Mapping[str, StudyFactor]) -> list[Problem]:
    """Arms that resolve to the same configuration: their comparison would say nothing.

    One in which nothing is on may have been meant as the factor that its name comes close to.
    """
    first: dict[str, Arm] = {}
    problems = []
    for arm in arms:
        twin = first.setdefault(arm.config.fingerprint(), arm)
        if twin is not arm:
            message = f"arms {twin.name} and {arm.name} resolve to the same configuration"
            hint = "settings that differ from the baseline's" if twin.is_baseline else "arms that differ"
            meant = "" if any(arm.factors.values()) or arm.is_baseline else nearest_name(arm.name, factors)
            problems.append(Problem(message, places[arm.name], hint, f"{arm.name}: [{meant}]" if meant else ""))
    return problems


def _never_varied(built: BuiltArms, factors: Mapping[str, StudyFactor]) -> list[Problem]:
    """Factors that, without the left-out combinations, are on in no arm or off in none."""
    problems = []
    for name, factor in factors.items():
        for wanted, word in ((True, "on"), (False, "off")):
            lost = [left for left in built.left_out if (name in left.on) is wanted]
            if lost and all(arm.factors[name] is not wanted for arm in built.arms):
                problems.append(Problem(f"{name} can be {word} in no arm: {lost[0].reasons[0]}", factor.where))
    return problems


def _left_out_in_words(left_out: Sequence[LeftOut]) -> list[str]:
    """Each reason once, with the combinations that it forbids."""
    about: dict[str, list[str]] = {}
    for left in left_out:
        for reason in left.reasons:
            about.setdefault(reason, []).append(left.arm)
    return [f"left out: {_some(names)}: {reason}" for reason, names in about.items()]


def _warnings(arms: Sequence[Arm]) -> list[str]:
    """What is allowed but should be known, each warning once with the arms that it is about."""
    about: dict[Problem, list[str]] = {}
    for arm in arms:
        for problem in broken_rules(arm.config, "warning"):
            about.setdefault(problem, []).append(arm.name)
    return [
        f"{'every arm' if len(names) == len(arms) else _some(names)}: {'.'.join(map(str, p.where))} {p.message}"
        for p, names in about.items()
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= SHOWN + 1 else f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
