"""The one judgement on two sides: the leaderboard's where it has one on this pair, else that of the pair by itself."""

from dataclasses import dataclass, replace
from pathlib import Path

from ablations.leaderboard import Table
from ablations.leaderboard.effect_records import Effects, effect_of_comparison
from ablations.leaderboard.rows import arm_scores
from ablations.leaderboard.source import ResultSource, from_folders
from ablations.report.compare_sides import ComparedSide
from ablations.report.words import counted
from ablations.results.results import METRIC, Result
from ablations.statistics import Comparison, Rule, compare_all
from ablations.study.block_names import arm_in_block


@dataclass(frozen=True)
class PairJudgement:
    """`effects` holds one effect; `stands` is a sentence about its family of tests, without a full stop."""

    effects: Effects
    stands: str


def judge_pair(a: ComparedSide, b: ComparedSide, rule: Rule) -> PairJudgement:
    """The verdict on A and B. A leaderboard compares an arm with its reference, whichever of the two A is."""
    roots = {Path(result.directory).parents[1] for side in (a, b) for result in side.results}
    if len(roots) == 1:
        source = from_folders(list(roots))
        if (found := _on_leaderboard(a, b, source)) is not None:
            return _of_leaderboard(*found, rule)
    (compared,) = compare_all([(arm_scores(a.results, "best", a.label), arm_scores(b.results, "best", b.label))], rule)
    about = f"{a.label} against {b.label}"
    effect = effect_of_comparison(about, compared, rule)
    alone = effect.reason.replace("adjusted p", "p")  # one comparison: there is nothing to adjust for
    family = f"the family of tests of study {a.results[0].study}" if len(roots) == 1 else "any study's family of tests"
    stands = (
        f"this comparison stands by itself, outside {family}: its p is not adjusted, so among many such pairs some "
        "differ by chance"
    )
    return PairJudgement(Effects(about, "arm", rule, (replace(effect, reason=alone),), is_alone=True), stands)


def _on_leaderboard(a: ComparedSide, b: ComparedSide, source: ResultSource) -> tuple[Table, Comparison] | None:
    """The table and its comparison of these two, where both sides are whole arms of it."""
    arms = [_whole_arm(side, source.results) for side in (a, b)]
    if None in arms:
        return None
    stamps = {score.stamp for result in a.results if (score := result.score(METRIC, "best")) is not None}
    for table in source.leaderboard().tables:
        compared = [row.comparison for row in table.rows if row.comparison is not None]
        pair = next((each for each in compared if _names(table, each) == set(arms)), None)
        if pair is not None and table.stamps.get(METRIC) in stamps:
            return table, pair
    return None


def _names(table: Table, compared: Comparison) -> set[str]:
    """The two arms by the names that their trials have."""
    return {arm_in_block(arm, table.block) for arm in (compared.arm, compared.baseline)}


def _whole_arm(side: ComparedSide, results: tuple[Result, ...]) -> str | None:
    """The arm that the side is, with all its runs; None where it is a part of one."""
    arm = side.results[0].arm
    own = {result.directory for result in results if result.arm == arm}
    there = {str(Path(directory).resolve()) for directory in own}
    return arm if there == {str(Path(result.directory).resolve()) for result in side.results} else None


def _of_leaderboard(table: Table, compared: Comparison, rule: Rule) -> PairJudgement:
    about = f"{compared.arm} against {compared.baseline}"
    tests = table.looks.tested
    family = f"one of {counted(tests, 'question')}, adjusted together" if tests > 1 else "its only question"
    stands = f"this is the verdict of study {table.study}'s leaderboard: {family}"
    return PairJudgement(Effects(about, "arm", rule, (effect_of_comparison(about, compared, rule),)), stands)
