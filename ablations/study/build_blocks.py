"""The arms of every block of a study, with every problem in them reported once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ablations.study.across import WrittenBlock
from ablations.study.arm import Arm, LeftOut
from ablations.study.block_names import arm_in_block
from ablations.study.build_arms import BuiltArms, build_arms
from ablations.study.designs import DESIGNS, Layout
from ablations.study.factors import Settings, StudyFactor, Where
from gan_core.problems import Problem

SHOWN = 3  # names of blocks in a message


@dataclass
class BuiltBlocks(BuiltArms):
    """The arms of all blocks, block by block. `once`: each arm as it is in the first block that has it."""

    once: list[Arm] = field(default_factory=list)

    @property
    def alone(self) -> list[Arm]:
        return self.once


def build_blocks(
    baseline: Settings,
    factors: Mapping[str, StudyFactor],
    design: str,
    layout: Layout,
    blocks: Sequence[WrittenBlock],
) -> BuiltBlocks:
    """Resolve every combination in every block.

    A combination that a rule forbids in some of the blocks is left out there, unless the design needs every arm; one
    that is forbidden in all of them is what it is without blocks: left out in factorial designs, else a problem.
    """
    leaves_out = not DESIGNS[design].needs_every_arm
    built = {
        written.name: build_arms({**baseline, **written.block.settings}, factors, design, layout, leaves_out=leaves_out)
        for written in blocks
    }
    found = BuiltBlocks(problems=_problems(blocks, built))
    nowhere = {
        c.arm for c in layout.combinations if all(c.arm in {left.arm for left in b.left_out} for b in built.values())
    }
    if nowhere and not DESIGNS[design].leaves_out:
        kept = [c for c in layout.combinations if c.arm in nowhere or c.arm == layout.reference]
        first = {**baseline, **blocks[0].block.settings}
        strict = build_arms(first, factors, design, layout._replace(combinations=tuple(kept)), leaves_out=False)
        found.problems += [problem for problem in strict.problems if problem not in found.problems]
    for written in blocks:
        name, own = written.name, built[written.name]
        found.arms += [_in_block(arm, name) for arm in own.arms]
        found.left_out += [_left_out(left, name) for left in own.left_out]
    known = dict[str, Arm]()
    for own in built.values():
        for arm in own.arms:
            known.setdefault(arm.name, arm)
    found.once = list(known.values())
    if not found.problems:
        found.problems += [*_twins(blocks, built, layout.reference), *_empty(blocks, built, factors, found.alone)]
        found.problems += _unscored(blocks, built)
    found.warnings = _warnings(built)
    return found


def _in_block(arm: Arm, block: str) -> Arm:
    return replace(
        arm,
        name=arm_in_block(arm.name, block),
        reference=arm_in_block(arm.reference, block),
        previous=None if arm.previous is None else arm_in_block(arm.previous, block),
        block=block,
    )


def _left_out(left: LeftOut, block: str) -> LeftOut:
    return left.model_copy(update={"arm": arm_in_block(left.arm, block), "block": block})


def _problems(blocks: Sequence[WrittenBlock], built: Mapping[str, BuiltArms]) -> list[Problem]:
    """Each problem once: at the block's own setting, or with the blocks that have it where not all do."""
    about: dict[Problem, list[str]] = {}
    for written in blocks:
        for problem in built[written.name].problems:
            names = about.setdefault(_placed(problem, written), [])
            names.append(written.name)
    about = _of_whole_lists(about, blocks)
    return [
        problem if problem.where[:1] == ("across",) or len(names) == len(blocks) else _said_of(problem, names)
        for problem, names in about.items()
    ]


def _of_whole_lists(about: Mapping[Problem, list[str]], blocks: Sequence[WrittenBlock]) -> dict[Problem, list[str]]:
    """The same of every value of a list, such as the name of the setting, is one problem of the list."""
    lists: dict[Where, set[Where]] = {}
    for written in blocks:
        for where in written.places.values():
            if isinstance(where[-1], int):
                lists.setdefault(where[:2], set()).add(where)
    found: dict[Problem, list[str]] = {}
    for problem, names in about.items():
        values = lists.get(problem.where[:2], set())
        alike = {(*where, *problem.where[3:]) for where in values}
        everywhere = alike and all(replace(problem, where=where) in about for where in alike)
        whole = replace(problem, where=problem.where[:2]) if everywhere else problem
        found.setdefault(whole, []).extend(names)
    return found


def _placed(problem: Problem, written: WrittenBlock) -> Problem:
    """The problem where the block's setting is written, if it is one of these."""
    if problem.where[:1] == ("baseline",) and len(problem.where) > 1:
        place = written.places.get(str(problem.where[1]))
        if place is not None:
            return replace(problem, where=(*place, *problem.where[2:]))
    return problem


def _said_of(problem: Problem, names: Sequence[str]) -> Problem:
    return replace(problem, message=f"in {_some(names)}: {problem.message}")


def _twins(blocks: Sequence[WrittenBlock], built: Mapping[str, BuiltArms], reference: str) -> list[Problem]:
    """Blocks whose settings come to the same: their runs would be the same runs, counted twice."""
    first: dict[str, str] = {}
    problems = []
    for written in blocks:
        config = next(arm.config for arm in built[written.name].arms if arm.name == reference)
        twin = first.setdefault(config.fingerprint(), written.name)
        if twin != written.name:
            message = f"blocks {twin} and {written.name} resolve to the same configuration"
            problems.append(Problem(message, written.where, "blocks that differ"))
    return problems


def _unscored(blocks: Sequence[WrittenBlock], built: Mapping[str, BuiltArms]) -> list[Problem]:
    """Blocks without scores beside blocks with scores: no average over all of them would ever be known."""
    none = [written for written in blocks if all(arm.config.extractor == "none" for arm in built[written.name].arms)]
    if len(none) == len(blocks):
        return []
    return [
        Problem(
            f"block {written.name} has no scores, so that no average over the blocks would be known",
            written.places.get("extractor", written.where),
            "an extractor in every block, or in none",
        )
        for written in none
    ]


def _empty(
    blocks: Sequence[WrittenBlock],
    built: Mapping[str, BuiltArms],
    factors: Mapping[str, StudyFactor],
    arms: Sequence[Arm],
) -> list[Problem]:
    """Blocks without an arm to compare, and factors that are on, or off, in no arm of any block."""
    problems = []
    for written in blocks:
        own = built[written.name]
        if len(own.arms) < 2 and own.left_out:
            message = f"block {written.name} has no arm but its reference: {own.left_out[0].reasons[0]}"
            problems.append(Problem(message, written.where, "settings in which at least one arm can be"))
    for name, factor in factors.items():
        lost = [left for own in built.values() for left in own.left_out if name in left.on]
        if lost and not any(arm.factors[name] for arm in arms):
            problems.append(Problem(f"{name} can be on in no arm: {lost[0].reasons[0]}", factor.where))
    return problems


def _warnings(built: Mapping[str, BuiltArms]) -> list[str]:
    """Each warning once, with the blocks that it is about where these are not all."""
    about: dict[str, list[str]] = {}
    for block, own in built.items():
        for warning in own.warnings:
            about.setdefault(warning, []).append(block)
    return [text if len(names) == len(built) else f"{_some(names)}: {text}" for text, names in about.items()]


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    word = "block" if len(names) == 1 else "blocks"
    return f"{word} {', '.join(names[:SHOWN])}" + (f" and {more} more" if more > 0 else "")
