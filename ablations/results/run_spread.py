"""How far runs of one arm are apart, for `plan`: from a study's own runs, from a study like it, else assumed."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ablations.results.results import METRIC, Result, read_results
from ablations.statistics import Rule
from ablations.statistics.significance import ROUNDING
from ablations.study.block_names import AT
from ablations.workspace.find_run import study_folders
from ablations.workspace.trial_record import recorded_folders
from ablations.workspace.workspace import Workspace
from gan_core.problems import UserError

ASSUMED_SD = 0.165  # of a run's log FID: small networks on Fashion-MNIST had 0.08 to 0.26
ALIKE = ("data", "data_dir", "image_size", "architecture", "width", "extractor")  # settings, and the budget within
BUDGETS = 2.0  # times each other
FEWEST_DF = 3  # from which the true one is 0.6 to 3.7 times it (95 %); from 2 it may be 6 times
MOST_RUNS = 300  # of another study that are read
Scores = Mapping[str, Mapping[int, float]]  # arm -> seed -> score on the rule's scale


@dataclass(frozen=True)
class RunSpread:
    """The spread of runs on the rule's scale; None: not known.

    `run`: sd of an arm's runs, without what is common to all runs of a seed. `pair`: sd of the differences between an
    arm's run and the reference's with the same seed. `runs`: that it is known from, of the study `study`.
    """

    run: float | None
    pair: float | None
    source: Literal["own", "like", "assumed"]
    runs: int = 0
    study: str = ""


def run_spread(
    own: Sequence[Path], name: str, config: Mapping[str, Any], reference: str, rule: Rule, runs: Path
) -> RunSpread:
    """The spread that a study's runs have, or are to be expected to have.

    That of its `own` trials where they tell; else that of the study under `runs` that tells it best among those like
    it, by the resolved settings `config` of its reference arm; else assumed, on the logarithm alone.
    """
    if (spread := _spread(_scores(read_results(own), rule), reference, "own", name)) is not None:
        return spread
    like = [_of_study_like(root, name, config, rule) for root in study_folders(runs)]
    if known := [spread for spread in like if spread is not None]:
        return max(known, key=lambda spread: spread.runs)
    if rule.scale == "log":
        return RunSpread(ASSUMED_SD, math.sqrt(2) * ASSUMED_SD, "assumed")
    return RunSpread(None, None, "assumed")


def spread_of(scores: Scores) -> tuple[float, int]:
    """The sd of runs around their arm's and their seed's own level, and its degrees of freedom; NaN for 0 of them."""
    cells = [(arm, seed, value) for arm, by_seed in scores.items() for seed, value in by_seed.items()]
    arms, seeds = list(scores), sorted({seed for _, seed, _ in cells})
    of_arms = [[float(arm == one) for one in arms] for arm, _, _ in cells]
    of_seeds = [[float(seed == one) for one in seeds] for _, seed, _ in cells]
    matrix = np.hstack([np.array(of_arms), np.array(of_seeds)]) if cells else np.zeros((0, 1))
    values = np.array([value for _, _, value in cells])
    fitted, _, rank, _ = np.linalg.lstsq(matrix, values, rcond=None)
    df = len(cells) - int(rank)
    return (math.sqrt(float(np.sum((values - matrix @ fitted) ** 2)) / df) if df else math.nan), df


def pair_spread_of(scores: Scores, reference: str) -> tuple[float, int]:
    """The sd of paired differences to the reference, pooled over arms, and its degrees of freedom; NaN for 0."""
    squares, df, alone = 0.0, 0, reference.partition(AT)[0]
    for arm, by_seed in scores.items():
        _, at, block = arm.partition(AT)
        base = scores.get(alone + at + block, {})  # that of the arm's own block, where the study has several
        common = by_seed.keys() & base.keys()
        if base is not by_seed and len(common) > 1:
            differences = np.array([by_seed[seed] - base[seed] for seed in sorted(common)])
            squares += float(np.sum((differences - differences.mean()) ** 2))
            df += len(common) - 1
    return (math.sqrt(squares / df) if df else math.nan), df


def _spread(scores: Scores, reference: str, source: Literal["own", "like"], study: str) -> RunSpread | None:
    """None where they are too few, or all equal: nothing can be known from a spread of 0."""
    told = {arm: by_seed for arm, by_seed in scores.items() if len(by_seed) > 1}
    sd, df = spread_of(told)
    if df < FEWEST_DF or not sd > ROUNDING:
        return None
    pair, pair_df = pair_spread_of(told, reference)
    pair = pair if pair_df >= FEWEST_DF and pair > ROUNDING else math.sqrt(2) * sd
    return RunSpread(sd, pair, source, sum(map(len, told.values())), study)


def _of_study_like(root: Path, name: str, config: Mapping[str, Any], rule: Rule) -> RunSpread | None:
    """The spread of another study's arms with settings like these; None where they don't tell it."""
    try:
        record = Workspace(root).record()
        arms = {arm.name for arm in record.arms if record.name != name and _is_like(arm.config, config)}
        folders = recorded_folders(root / "trials") if arms else []
        kept = [folder for folder in folders if folder.name.rpartition("-seed")[0] in arms][:MOST_RUNS]
        scores = _scores(read_results(kept), rule)
    except (OSError, UserError):
        return None  # somebody else's
    return _spread(scores, record.reference, "like", record.name)


def _is_like(config: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    times = float(config["budget_kimg"]) / float(other["budget_kimg"])
    same = all(config.get(setting) == other.get(setting) for setting in ALIKE)
    return same and 1 / BUDGETS <= times <= BUDGETS


def _scores(results: Sequence[Result], rule: Rule) -> Scores:
    """The FIDs of the best generators of finished runs, of the protocol that most of them have."""
    known = []
    for result in results:
        score = result.score(METRIC, "best") if result.status == "finished" and result.stage != "explore" else None
        if score is not None and math.isfinite(score.value) and (score.value > 0 or rule.scale == "plain"):
            known.append((result, score))
    stamps = Counter(score.stamp for _, score in known).most_common(1)
    scores: dict[str, dict[int, float]] = {}
    for result, score in known:
        if score.stamp == stamps[0][0]:
            scores.setdefault(result.arm, {})[result.seed] = rule.transform(score.value)
    return scores
