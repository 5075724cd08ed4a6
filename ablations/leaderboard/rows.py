"""From one arm's trials to its row, without its rank."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean

from ablations.leaderboard.records import MetricCell, Row, Table
from ablations.results.results import METRIC, Result
from ablations.results.summary import ScoreSummary
from ablations.statistics import ArmScores, Comparison, Rule, estimate
from ablations.study.claims.measures import Of


def runs_in(table: Table, results: Sequence[Result]) -> list[Result]:
    """The runs of the table's study that count in it: those under its FID's protocol, and those without a score.

    Their arms have their own names, without that of the table's block.
    """
    own = (r.in_its_block for r in results if r.study == table.study and r.block == table.block)
    return [result for result in own if _counts_in(result, table)]


def _counts_in(result: Result, table: Table) -> bool:
    score = result.score(METRIC, table.ranked_by) if result.status == "finished" else None
    return score is None or score.stamp == table.stamps.get(METRIC)


def row_of(trials: Sequence[Result], of: Of, metrics: Sequence[str], rule: Rule, comparison: Comparison | None) -> Row:
    """The row of these trials by seed, which belong to one arm. `metrics`: those other than the FID."""
    finished = [trial for trial in trials if trial.status == "finished"]
    statuses = Counter(trial.status for trial in trials)
    scores = scores_of(trials, METRIC, of)
    best = [generator for trial in finished if (generator := trial.generator("best")) is not None]
    inert = dict.fromkeys(name for trial in trials for name in trial.summary.inert or ())
    verdicts = Counter(kind for trial in trials if (kind := trial.summary.run_verdict) is not None)
    return Row(
        rank=None,
        arm=trials[0].arm,
        is_baseline=trials[0].is_baseline,
        factors=trials[0].factors,
        scores=scores,
        seeds_finished=statuses["finished"],
        seeds_diverged=statuses["diverged"],
        seeds_failed=statuses["failed"],
        seeds_unfinished=statuses["unfinished"],
        fid=estimate(list(scores.values()), rule.confidence),
        fid_best_mean=_mean_of_like(finished, "best", of),
        fid_last_mean=_mean_of_like(finished, "last", of),
        comparison=comparison,
        metrics={metric: _cell(finished, metric, of) for metric in metrics},
        kimg_at_best=_mean([generator.kimg for generator in best]),
        seconds_at_best=_mean([generator.seconds for generator in best]),
        evaluation_share=evaluation_share(trials),
        inert=tuple(inert),
        run_verdicts=dict(sorted(verdicts.items())),
        data_digests=tuple(dict.fromkeys(d for trial in trials if (d := trial.summary.data_digest) is not None)),
        kind="explored" if trials[0].stage == "explore" else "arm",
        seeds_pruned=statuses["pruned"],
        seeds_not_finite=len(not_finite(trials, METRIC, of)),
        ran_on=dict(Counter(kind for trial in trials if (kind := trial.summary.ran_on) is not None).most_common()),
        run_ids=tuple(trial.run_id for trial in trials if trial.run_id is not None),
    )


def scores_of(trials: Sequence[Result], metric: str, of: Of) -> dict[int, float]:
    """The finished trials' finite scores by seed."""
    scores = _scores([trial for trial in trials if trial.status == "finished"], metric, of)
    return {seed: score.value for seed, score in scores.items() if math.isfinite(score.value)}


def not_finite(trials: Sequence[Result], metric: str, of: Of) -> frozenset[int]:
    """The seeds of finished trials whose score is NaN or infinite."""
    finished = [trial for trial in trials if trial.status == "finished"]
    return frozenset(s for s, score in _scores(finished, metric, of).items() if not math.isfinite(score.value))


def arm_scores(trials: Sequence[Result], of: Of, name: str = "") -> ArmScores:
    """The FIDs of one arm's trials as the statistics take them.

    A finished run whose FID is not finite counts as diverged: numbers that are none are all that it came to. FIDs that
    are not above 0 have no logarithm and are left out.
    """
    positive = {seed: fid for seed, fid in scores_of(trials, METRIC, of).items() if fid > 0}
    diverged = frozenset(trial.seed for trial in trials if trial.status == "diverged")
    return ArmScores(name or trials[0].arm, positive, diverged | not_finite(trials, METRIC, of), runs_of(trials))


def runs_of(trials: Sequence[Result]) -> dict[int, str]:
    """What the finished trials have in common with bit-identical ones, by seed, where it is known."""
    return {trial.seed: outcome for trial in trials if (outcome := trial.summary.outcome) is not None}


def _scores(trials: Sequence[Result], metric: str, of: Of) -> dict[int, ScoreSummary]:
    return {trial.seed: score for trial in trials if (score := trial.score(metric, of)) is not None}


def _mean_of_like(finished: Sequence[Result], of: Of, ranked_by: Of) -> float:
    """Mean FID of these generators, each measured under the protocol of the one that it is ranked by."""
    own, main = _scores(finished, METRIC, of), _scores(finished, METRIC, ranked_by)
    like = [score.value for seed, score in own.items() if seed in main and main[seed].stamp == score.stamp]
    return _mean([value for value in like if math.isfinite(value)])


def _cell(finished: Sequence[Result], metric: str, of: Of) -> MetricCell:
    scores = [score for score in _scores(finished, metric, of).values() if math.isfinite(score.value)]
    errors = [score.error for score in scores if score.error is not None]
    return MetricCell(estimate([score.value for score in scores]), _mean(errors))


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan


TARGET = 0.1  # scores should cost no more than this share


def evaluation_share(results: Iterable[Result]) -> float:
    """The evaluation's share of the wall time of the ended trials that have recorded it; NaN where none has."""
    summaries = [result.summary for result in results]
    recorded = [(s.evaluation_s, s.wall_s) for s in summaries if s.evaluation_s is not None and s.wall_s is not None]
    wall_s = sum(wall for _, wall in recorded)
    return sum(evaluation for evaluation, _ in recorded) / wall_s if wall_s > 0 else math.nan


def says_share(share: float) -> str:
    """The share in words, with what would lower it where it is large; '' where it is not known."""
    if math.isnan(share):
        return ""
    advice = "; fewer progress_evaluations, progress_samples or full_samples would lower it" if share > TARGET else ""
    return f"evaluation took {100 * share:.0f} % of the training's wall time{advice}"
