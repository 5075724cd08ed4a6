"""Results -> ranked arms, one table per study and protocol; scores of different protocols are never ranked together.

The rule: arms are ranked by the mean of `fid_best` over their finished seeds, lower is better. Arms without a finished
seed come last, without a rank. Diverged and failed seeds are counted and never averaged in; those without
scores (`extractor: none`) are counted and not ranked.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ablations.atomic import write_text
from ablations.results import FACTOR
from ablations.statistics import Estimate, Verdict, estimate, paired_difference, verdict_of
from gan_core.problems import UserError

COLUMNS = {
    "rank": "1 is the lowest mean FID; empty without a finished seed",
    "arm": "name of the arm",
    "seeds_finished": "seeds that ran to the end; if they are scored, the n of all means",
    "seeds_diverged": "seeds that met NaN or infinity",
    "seeds_failed": "seeds that ended with an exception",
    "fid_mean": "mean over seeds of the FID of each seed's best generator",
    "fid_sd": "its standard deviation between seeds (n - 1)",
    "fid_ci95_low": "95 % interval of the mean, Student's t over seeds; empty with one seed",
    "fid_ci95_high": "",
    "fid_best_single": "the lowest FID of any seed",
    "fid_difference": "mean over common seeds of FID(arm) - FID(baseline); negative: better than the baseline",
    "fid_difference_ci95_low": "95 % interval of that difference, paired by seed; empty with one seed",
    "fid_difference_ci95_high": "",
    "verdict": "better or worse if that interval excludes 0, else can't tell; baseline for the baseline itself",
    "is_mean": "mean Inception score of the best generators",
    "is_sd": "its standard deviation between seeds",
    "fid_last_mean": "mean FID of the last generators",
    "kimg_at_best": "mean of the thousands of images seen when the best generator was there",
    "seconds_at_best": "mean of the wall seconds until then",
    "inert": "tricks that were on and in some seed never acted, separated by spaces: the arm does not test them",
    "run_verdicts": "what became of its runs, by gan_core.verdict: '2 healthy, 1 oscillating'",
    "score": "the FID's name, with number of samples and extractor; 'no scores' under `extractor: none`",
    "protocol": "stamps of FID and IS, 'fid:<stamp> is:<stamp>'; rows with different ones must not be compared",
    "study": "name of the study",
    "data_digests": "of the images that the arm's trials were trained on: one, or they don't belong together",
    "mlflow_run_ids": "of the arm's trials, by seed, separated by spaces; empty if MLflow has none",
}  # and one FACTOR column per factor, after `arm`: 'off' or what it sets


NO_SCORES = "no scores"


@dataclass(frozen=True)
class Row:
    """One arm. `rank` is None without a finished seed; NaN stands where there are too few seeds for a number."""

    rank: int | None
    arm: str
    factors: dict[str, str]
    seeds_finished: int
    seeds_diverged: int
    seeds_failed: int
    fid: Estimate
    fid_best_single: float
    fid_difference: Estimate
    verdict: Verdict
    inception: Estimate
    fid_last_mean: float
    kimg_at_best: float
    seconds_at_best: float
    inert: tuple[str, ...]  # tricks that never acted in some seed
    data_digests: tuple[str, ...]
    run_ids: tuple[str, ...]
    run_verdicts: str = ""


@dataclass(frozen=True)
class Table:
    """Arms whose scores may be compared, best first.

    `score` is NO_SCORES where trials ran to the end and none is scored, '' where none has come so far.
    """

    study: str
    score: str
    protocol: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Leaderboard:
    """All tables, by study and protocol."""

    tables: tuple[Table, ...]

    def frame(self) -> pd.DataFrame:
        """One line per arm, with the columns of COLUMNS and the factors'; ranks start anew in each table."""
        lines = [_line(table, row) for table in self.tables for row in table.rows]
        factors = dict.fromkeys(key for line in lines for key in line if key.startswith(FACTOR))
        names = list(COLUMNS)
        frame = pd.DataFrame(lines, columns=[*names[:2], *factors, *names[2:]])
        return frame.astype({"rank": "Int64"})


def leaderboard_of(results: pd.DataFrame) -> Leaderboard:
    """Rank the arms of `read_results`. Raises UserError if two trials are the same arm and seed of one study."""
    twice = results[results.duplicated(["study", "arm", "seed"])]
    if len(twice):
        raise UserError(*(f"two trials are arm {r.arm!r}, seed {r.seed}: {r.directory}" for r in twice.itertuples()))
    return Leaderboard(tuple(table for _, study in results.groupby("study") for table in _tables(study)))


def write_csv(leaderboard: Leaderboard, path: Path) -> None:
    """Write the leaderboard's frame, atomically. Empty cells are numbers that there are not."""
    write_text(path, leaderboard.frame().to_csv(index=False, lineterminator="\n"))


def _tables(study: pd.DataFrame) -> Iterator[Table]:
    """A trial without a score has no protocol: it counts in each table of its study."""
    protocols = study.apply(_protocol, axis="columns")
    for protocol in sorted(set(protocols) - {""}) or [""]:
        trials = study[(protocols == protocol) | (protocols == "")]
        scored = trials[protocols[trials.index] != ""]
        yield Table(
            study=str(study["study"].iloc[0]),
            score=str(scored["fid_name"].iloc[0]) if len(scored) else _unscored(trials),
            protocol=protocol,
            rows=_ranked(trials),
        )


def _unscored(trials: pd.DataFrame) -> str:
    return NO_SCORES if (trials["status"] == "finished").any() else ""


def _protocol(trial: "pd.Series[Any]") -> str:
    if trial["status"] != "finished":
        return ""
    stamps = ((metric, trial[f"{metric}_stamp"]) for metric in ("fid", "is"))
    return " ".join(f"{metric}:{stamp}" for metric, stamp in stamps if not pd.isna(stamp))


def _ranked(trials: pd.DataFrame) -> tuple[Row, ...]:
    finished = trials[trials["status"] == "finished"]
    baseline = _by_seed(finished[finished["is_baseline"]])
    rows = [_row(arm.sort_values("seed"), baseline) for _, arm in trials.groupby("arm")]
    rows.sort(key=lambda row: (not math.isfinite(row.fid.mean), row.fid.mean, row.verdict != "baseline", row.arm))
    return tuple(replace(row, rank=n) if math.isfinite(row.fid.mean) else row for n, row in enumerate(rows, start=1))


def _row(trials: pd.DataFrame, baseline: dict[int, float]) -> Row:
    finished = trials[trials["status"] == "finished"]
    is_baseline = bool(trials["is_baseline"].iloc[0])
    fid = _by_seed(finished)
    difference = paired_difference(fid, {} if is_baseline else baseline)
    factors = trials.filter(regex=f"^{FACTOR}").iloc[0].dropna()
    return Row(
        rank=None,
        arm=str(trials["arm"].iloc[0]),
        factors={str(name): str(text) for name, text in factors.items()},
        seeds_finished=len(finished),
        seeds_diverged=int((trials["status"] == "diverged").sum()),
        seeds_failed=int((trials["status"] == "failed").sum()),
        fid=estimate(list(fid.values())),
        fid_best_single=float(finished["fid_best"].astype(float).min()),
        fid_difference=difference,
        verdict="baseline" if is_baseline else verdict_of(difference),
        inception=_estimate(finished, "is_best"),
        fid_last_mean=_estimate(finished, "fid_last").mean,
        kimg_at_best=_estimate(finished, "kimg_best").mean,
        seconds_at_best=_estimate(finished, "seconds_best").mean,
        inert=tuple(dict.fromkeys(name for names in trials["inert"].dropna() for name in names.split())),
        data_digests=tuple(trials["data_digest"].dropna().unique()),
        run_ids=tuple(trials["run_id"].dropna()),
        run_verdicts=", ".join(f"{n} {kind}" for kind, n in trials["run_verdict"].value_counts().sort_index().items()),
    )


def _by_seed(finished: pd.DataFrame) -> dict[int, float]:
    return dict(zip(finished["seed"].astype(int), finished["fid_best"].astype(float), strict=True))


def _estimate(finished: pd.DataFrame, column: str) -> Estimate:
    return estimate(finished[column].astype(float).tolist())


def _line(table: Table, row: Row) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "arm": row.arm,
        **row.factors,
        "seeds_finished": row.seeds_finished,
        "seeds_diverged": row.seeds_diverged,
        "seeds_failed": row.seeds_failed,
        **_interval("fid", row.fid),
        "fid_mean": row.fid.mean,
        "fid_sd": row.fid.sd,
        "fid_best_single": row.fid_best_single,
        **_interval("fid_difference", row.fid_difference),
        "fid_difference": row.fid_difference.mean,
        "verdict": row.verdict,
        "is_mean": row.inception.mean,
        "is_sd": row.inception.sd,
        "fid_last_mean": row.fid_last_mean,
        "kimg_at_best": row.kimg_at_best,
        "seconds_at_best": row.seconds_at_best,
        "inert": " ".join(row.inert),
        "run_verdicts": row.run_verdicts,
        "score": table.score,
        "protocol": table.protocol,
        "study": table.study,
        "data_digests": " ".join(row.data_digests),
        "mlflow_run_ids": " ".join(row.run_ids),
    }


def _interval(name: str, value: Estimate) -> dict[str, float]:
    return {f"{name}_ci95_low": value.low, f"{name}_ci95_high": value.high}
