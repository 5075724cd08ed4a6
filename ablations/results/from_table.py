"""From the table of runs that `leaderboard --runs-csv` writes back to results, so that its verdicts can be checked."""

from collections.abc import Iterator, Mapping
from math import nan
from pathlib import Path
from typing import cast

import pandas as pd

from ablations.results.csv_text import plain_text
from ablations.results.results import Result, in_order
from ablations.results.summary import GeneratorSummary, ScoreSummary, Status, Summary
from ablations.results.table import FACTOR
from ablations.study.claims.measures import Of
from ablations.study.designs import BASELINE
from gan_core.events import ENDS
from gan_core.problems import Problem, UserError

NEEDED = ("arm", "seed", "status", "fid_best", "fid_stamp")
STATUSES = (*ENDS, "unfinished")
MOST_PROBLEMS = 10  # that are shown of one file


def read_runs(path: Path) -> tuple[Result, ...]:
    """The runs of a table, in order. What has no column is not known of any run.

    Raises UserError for a file that can't be read, or that is no such table.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)  # a digest of digits is no number
    except OSError as error:
        raise UserError(Problem(f"can't be read: {error.strerror}", source=str(path))) from error
    except ValueError as error:  # of the parser, too
        raise UserError(_no_table(str(path), "is no CSV")) from error
    frame.columns = pd.Index([plain_text(str(name)) for name in frame.columns])
    if lacking := [name for name in NEEDED if name not in frame]:
        raise UserError(_no_table(str(path), f"has no column {', '.join(lacking)}"))
    results: list[Result] = []
    problems: list[Problem] = []
    for number, line in enumerate(frame.to_dict("records"), start=2):
        try:
            results.append(_result({str(name): plain_text(text) for name, text in line.items() if text}))
        except (TypeError, ValueError) as error:
            problems.append(_no_table(f"{path}:{number}", str(error).splitlines()[0]))
    if problems:
        raise UserError(*problems[:MOST_PROBLEMS])
    return in_order(results)


def _no_table(where: str, message: str) -> Problem:
    return Problem(message, source=where, allowed="what `python -m ablations leaderboard STUDY --runs-csv FILE` wrote")


def _result(line: Mapping[str, str]) -> Result:
    if (status := line.get("status")) not in STATUSES:
        raise ValueError(f"status {status!r} is none of {', '.join(STATUSES)}")
    return Result(
        study=line.get("study", ""),
        arm=line["arm"],
        is_baseline=line.get("is_baseline", str(line["arm"] == BASELINE)) == "True",
        factors={name.removeprefix(FACTOR): text for name, text in line.items() if name.startswith(FACTOR)},
        seed=int(line["seed"]),
        fingerprint=line.get("fingerprint", ""),
        summary=_summary(line),
        run_id=line.get("run_id"),
        directory=line.get("directory", ""),
        block=line.get("block", ""),
    )


def _summary(line: Mapping[str, str]) -> Summary:
    return Summary(
        status=cast(Status, line["status"]),
        inert=tuple(line.get("inert", "").split()) if line["status"] != "unfinished" else None,
        run_verdict=line.get("run_verdict"),
        kimg=_number(line, "kimg"),
        wall_s=_number(line, "wall_s"),
        evaluation_s=_number(line, "evaluation_s"),
        data_digest=line.get("data_digest"),
        best=_generator(line, "best", _number(line, "kimg_best"), _number(line, "seconds_best")),
        last=_generator(line, "last", _number(line, "kimg"), _number(line, "wall_s")),
        outcome=line.get("outcome"),
        ran_on=line.get("ran_on"),
    )


def _number(line: Mapping[str, str], column: str) -> float | None:
    return float(line[column]) if column in line else None


def _generator(line: Mapping[str, str], of: Of, kimg: float | None, seconds: float | None) -> GeneratorSummary | None:
    scores = tuple(_scores(line, of))
    if not scores:
        return None
    return GeneratorSummary(
        kimg=nan if kimg is None else kimg, seconds=nan if seconds is None else seconds, scores=scores
    )


def _scores(line: Mapping[str, str], of: Of) -> Iterator[ScoreSummary]:
    for column, value in line.items():
        metric = column.removesuffix(f"_{of}")
        if column != metric and f"{metric}_stamp" in line:
            name, stamp = line.get(f"{metric}_name", ""), line[f"{metric}_stamp"]
            yield ScoreSummary(metric=metric, name=name, value=float(value), stamp=stamp)
