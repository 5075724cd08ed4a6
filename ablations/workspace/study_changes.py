"""The differences between a study that has results and the same study as its file says now."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ablations.statistics import Looks
from ablations.study.plugins import USE
from ablations.study.record import ArmRecord, StudyRecord
from gan_core.plugin_text import Source, kept
from gan_core.problems import Problem, UserError

_ABSENT = object()
MOST_LINES = 60  # of a difference


def forbidden_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """The changes after which old and new results would not belong together; [] if there are none.

    Free are more seeds of a study without declared looks, the order of arms, question, papers, comments, other words
    for the same configuration, and further claims. The rule of the verdicts, the claims and the guards are fixed once
    there are results.
    """
    problems = []
    if before.design != now.design:
        problems.append(_change(("design",), before.design, now.design))
    elif before.reference != now.reference:
        problems.append(_change(("reference",), before.reference, now.reference))
    problems += _seed_changes(before, now)
    problems += _search_changes(before, now)
    problems += [*_rule_changes(before, now), *_claim_changes(before, now), *_guard_changes(before, now)]
    problems += _code_changes(before, now)
    problems += _block_changes(before, now)
    old, new = ({arm.name: arm for arm in study.arms} for study in (before, now))
    changed = {block.name for block in before.blocks} ^ {block.name for block in now.blocks}
    gone = (name for name, arm in old.items() if name not in new and arm.block not in changed)
    added = (name for name, arm in new.items() if name not in old and arm.block not in changed)
    problems += [Problem("this arm is gone", ("arms", name)) for name in gone]
    problems += [Problem("this arm is new", ("arms", name)) for name in added]
    common = [name for name in old if name in new]
    return problems + _settings_changes({name: _differences(_told(old[name]), _told(new[name])) for name in common})


def changed_text(before: StudyRecord, source: Source, root: Path) -> Problem | None:
    """The difference between a plug-in as the study's folder keeps it and as it is now; None where there is none."""
    same = next((plugin for plugin in before.plugins if plugin.name == source.name), None)
    if same is None or same.digest == source.digest:
        return None
    try:
        old = kept(root, same.entry)
    except UserError:
        old = None
    if old is None:
        return Problem(f"the text that had digest {same.digest} is not kept here", source=source.path)
    names = (f"{source.name} before", f"{source.name} now")
    lines = list(difflib.unified_diff(old.text.splitlines(), source.text.splitlines(), *names, lineterm="", n=1))
    more = [f"... and {len(lines) - MOST_LINES} lines more"] if len(lines) > MOST_LINES else []
    return Problem("\n".join(["the difference:", *lines[:MOST_LINES], *more]), source=source.path)


def with_late_claims(before: StudyRecord, now: StudyRecord) -> StudyRecord:
    """The study as it is now, its claims marked that were not there when the first results came."""
    early = {claim.name for claim in before.claims if not claim.late}
    claims = (claim if claim.name in early else claim.model_copy(update={"late": True}) for claim in now.claims)
    return now.model_copy(update={"claims": tuple(claims)})


def with_looks_as_planned(before: StudyRecord, now: StudyRecord) -> StudyRecord:
    """The study as it is now, judged when it was to be judged before its first result; further seeds come last."""
    later = tuple(seed for seed in now.seeds if seed not in before.seeds)
    return now.model_copy(update={"planned_looks": before.looks, "seeds": (*before.seeds, *later)})


def _told(arm: ArmRecord) -> dict[str, Any]:
    """The arm's settings but for its code, whose changes are told once."""
    return {name: value for name, value in arm.config.items() if name != USE}


def _code_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """Each plug-in that is another one now: a changed file, one more, one less, or another order."""
    old, new = ({plugin.name: plugin.digest for plugin in study.plugins} for study in (before, now))
    problems = [Problem("this file is no longer used", (USE, name)) for name in old if name not in new]
    problems += [Problem("this file is new", (USE, name)) for name in new if name not in old]
    common = [name for name in old if name in new and old[name] != new[name]]
    problems += [Problem(f"digest {old[name]} before, {new[name]} now", (USE, name)) for name in common]
    if not problems and list(old) != list(new):
        problems.append(_change((USE,), list(old), list(new)))
    return problems


def _block_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """Blocks that are gone or new: their arms are, too, and the average over all blocks is another one."""
    old, new = ({block.name for block in study.blocks} for study in (before, now))
    return [
        *(Problem("this block is gone", ("across", name)) for name in sorted(old - new)),
        *(Problem("this block is new", ("across", name)) for name in sorted(new - old)),
    ]


def _seed_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """Seeds may be added to a number or a list of them. Looks that were declared are what the verdicts rest on."""
    was, is_now = before.looks, now.looks
    if (was.is_declared or is_now.stop == "decided") and was != is_now:
        return [_change(("seeds",), _looks_in_words(was, before), _looks_in_words(is_now, now))]
    if not set(before.seeds) <= set(now.seeds):
        return [_change(("seeds",), list(before.seeds), list(now.seeds))]
    return []


def _looks_in_words(looks: Looks, study: StudyRecord) -> Any:
    return {"looks": list(looks.counts), "stop": looks.stop} if looks.is_declared else list(study.seeds)


def _rule_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    old, new = before.rule.model_dump(), now.rule.model_dump()
    return [_change(("rule", name), old[name], new[name]) for name in old if old[name] != new[name]]


def _claim_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """Changes of what decides the answers; other words for a claim are free."""
    problems = []
    for claim in before.claims:
        same = next((other for other in now.claims if other.name == claim.name), None)
        if same is None:
            problems.append(Problem("this claim is gone", ("claims", claim.name)))
        elif (same.metric, same.relation, same.test, same.block) != (
            claim.metric,
            claim.relation,
            claim.test,
            claim.block,
        ):
            was, is_now = (f"{c.comparison or c.not_tested} ({c.metric})" for c in (claim, same))
            problems.append(_change(("claims", claim.name), was, is_now))
    return problems


def _guard_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """Guards share the error of all questions, and rest on having been there before the results."""
    return [_change(("guard", *key), *change) for key, change in _differences(before.guard, now.guard).items()]


def _search_changes(before: StudyRecord, now: StudyRecord) -> list[Problem]:
    """Changes of a search: another space, or another way through it, is another search."""
    if before.search is None or now.search is None:
        return []
    old, new = (
        {"tricks": study.factors, **study.search.model_dump(mode="json", exclude_defaults=True)}
        for study in (before, now)
        if study.search is not None
    )
    return [_change(key, *change) for key, change in _differences(old, new).items()]


def _settings_changes(by_arm: Mapping[str, Mapping[tuple[str, ...], tuple[Any, Any]]]) -> list[Problem]:
    """One problem for a setting where all arms changed alike, else one for each arm."""
    problems = []
    for key in dict.fromkeys(key for differences in by_arm.values() for key in differences):
        changes = {arm: differences[key] for arm, differences in by_arm.items() if key in differences}
        first = next(iter(changes.values()))
        if len(changes) == len(by_arm) > 1 and all(change == first for change in changes.values()):
            problems.append(_change(("every arm", *key), *first))
        else:
            problems += [_change(("arms", arm, *key), *change) for arm, change in changes.items()]
    return problems


def _differences(before: Any, now: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], tuple[Any, Any]]:
    """Path -> (before, now) of every leaf that differs; a mapping against none is one leaf."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        found: dict[tuple[str, ...], tuple[Any, Any]] = {}
        for key in dict.fromkeys([*before, *now]):
            found |= _differences(before.get(key, _ABSENT), now.get(key, _ABSENT), (*path, str(key)))
        return found
    return {} if before == now else {path: (before, now)}


def _change(where: Sequence[str], before: Any, now: Any) -> Problem:
    return Problem(f"{_shown(before)} before, {_shown(now)} now", tuple(where))


def _shown(value: Any) -> str:
    return "not set" if value is _ABSENT else repr(value)
