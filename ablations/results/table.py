"""From results to a tidy table, one row a trial, for statistics of one's own."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ablations.results.results import Result
from gan_core.evaluation.names import DEFAULT

FACTOR = "factor_"  # prefix of the columns that hold the factors' values
COLUMNS = {
    "study": "name of the study",
    "arm": "name of the arm",
    "is_baseline": "whether it is of the arm that the study's others are compared with",
    "block": "the setting that it was trained in, of a study across several; None in others",
    "seed": "seed of the trial",
    "status": "finished, diverged, failed, or unfinished (running, interrupted or not begun)",
    "inert": "tricks that were on and never acted, separated by spaces; None where the run did not end or did not say",
    "kimg_best": "thousands of images that D had seen when the best generator was there",
    "seconds_best": "wall seconds spent until then",
    "run_verdict": "outcome of the run, by gan_core.verdict: healthy, mode collapse, ...; None before its end",
    "kimg": "thousands of images seen in all",
    "wall_s": "wall seconds spent in all",
    "evaluation_s": "of these, on scores and the reals' features; None before its end, and in older journals",
    "outcome": "digest of losses, gradient norms and scores, which bit-identical runs share; None if it did not finish",
    "data_digest": "of the images that it was trained on; None before it has started",
    "data_skipped": "files of a folder that were left out because they are no images",
    "ran_on": "the GPU's name, or on a CPU its model; None in older journals",
    "run_id": "MLflow's id of the run",
    "fingerprint": "of the resolved configuration",
    "directory": "where the trial lies; None where it was read from a tracking store",
}  # after `is_baseline` one FACTOR column a factor; after `inert` those of SCORES for each metric that any trial has
SCORES = {
    "METRIC_best": "score of the best generator, full protocol",
    "METRIC_last": "score of the last generator; None if it was measured under another protocol than the best's",
    "METRIC_name": "what the score is: samples, extractor, digest",
    "METRIC_stamp": "its protocol's stamp",
}


def results_table(results: Sequence[Result]) -> pd.DataFrame:
    """The results as they stand in order; None (NaN in numeric columns) where there is no value."""
    metrics = metrics_of(results)
    factors = dict.fromkeys(FACTOR + name for result in results for name in result.factors)
    names = list(COLUMNS)
    facts, rest = names.index("block"), names.index("kimg_best")
    scores = [column.replace("METRIC", metric) for metric in metrics for column in SCORES]
    columns = [*names[:facts], *factors, *names[facts:rest], *scores, *names[rest:]]
    return pd.DataFrame([_line(result, metrics) for result in results], columns=columns)


def metrics_of(results: Sequence[Result]) -> tuple[str, ...]:
    """FID and IS, and what other metrics any of these trials has, in the order of their first appearance."""
    names = dict.fromkeys(DEFAULT) | {
        score.metric: None
        for result in results
        for generator in (result.summary.best, result.summary.last)
        if generator is not None
        for score in generator.scores
    }
    return tuple(names)


def _line(result: Result, metrics: Sequence[str]) -> dict[str, Any]:
    summary, best = result.summary, result.summary.best
    return {
        "study": result.study,
        "arm": result.arm,
        "is_baseline": result.is_baseline,
        "block": result.block or None,
        **{FACTOR + name: text for name, text in result.factors.items()},
        "seed": result.seed,
        "status": result.status,
        "inert": None if summary.inert is None else " ".join(summary.inert),
        **{column: value for metric in metrics for column, value in _scores(result, metric).items()},
        "kimg_best": best.kimg if best else None,
        "seconds_best": best.seconds if best else None,
        "run_verdict": summary.run_verdict,
        "kimg": summary.kimg,
        "wall_s": summary.wall_s,
        "evaluation_s": summary.evaluation_s,
        "outcome": summary.outcome,
        "data_digest": summary.data_digest,
        "data_skipped": summary.data_skipped,
        "ran_on": summary.ran_on,
        "run_id": result.run_id,
        "fingerprint": result.fingerprint,
        "directory": result.directory or None,
    }


def _scores(result: Result, metric: str) -> dict[str, Any]:
    best, last = result.score(metric, "best"), result.score(metric, "last")
    same = best is not None and last is not None and best.stamp == last.stamp
    return {
        f"{metric}_best": best.value if best else None,
        f"{metric}_last": last.value if last and same else None,
        f"{metric}_name": best.name if best else None,
        f"{metric}_stamp": best.stamp if best else None,
    }
