"""Trials' directories -> one tidy table, one row a trial. Reads the disk only: no server, no study file."""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import ValidationError

from ablations.factor_values import FactorFacts, factor_values
from ablations.tracking.cursor import read_cursor
from ablations.trials import RECORD, TrialRecord, read_record
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Finished, Started, event_from_json
from gan_core.verdict import verdict_of

UNFINISHED = "unfinished"
FACTOR = "factor_"  # prefix of the columns that hold the factors' values
COLUMNS = {
    "study": "name of the study",
    "arm": "name of the arm",
    "is_baseline": "whether it is of the arm that the study's others are compared with",
    "seed": "seed of the trial",
    "status": "finished, diverged, failed, or unfinished (running, interrupted or not begun)",
    "inert": "tricks that were on and never acted, separated by spaces; None where the run did not end or did not say",
    "fid_best": "FID of the best generator, full protocol",
    "fid_last": "FID of the last generator, full protocol",
    "is_best": "Inception score of the best generator (best by FID)",
    "is_last": "Inception score of the last generator",
    "kimg_best": "thousands of images that D had seen when the best generator was there",
    "seconds_best": "wall seconds spent until then",
    "fid_name": "what the FID is: 'fid10k_<extractor>'",
    "fid_stamp": "its protocol's stamp",
    "is_name": "what the Inception score is",
    "is_stamp": "its protocol's stamp",
    "run_verdict": "what became of the run, by gan_core.verdict: healthy, mode collapse, ...; None before its end",
    "kimg": "thousands of images seen in all",
    "wall_s": "wall seconds spent in all",
    "data_digest": "of the images that it was trained on; None before it has started",
    "data_skipped": "files of a folder that were left out because they are no images",
    "run_id": "MLflow's id of the run",
    "fingerprint": "of the resolved configuration",
    "directory": "where the trial lies",
}  # and one FACTOR column per factor, after `is_baseline`: 'off' or what it sets

_SEQ = re.compile(rb'\{"seq":(\d+),')
_FINAL_SCORES = re.compile(rb'"of":"(?:best|last)"')


class _Ending(NamedTuple):
    """What a journal's end says."""

    first: Started | None
    last: AnyEvent | None
    scored: dict[str, Evaluated]  # 'best', 'last'


def read_results(where: Path | Iterable[Path]) -> pd.DataFrame:
    """The results of these trials' directories, or of all trials of the study in this directory; see COLUMNS.

    None (NaN in numeric columns) where there is no value: a diverged run has no score, nor has one under
    `extractor: none`. Sorted by study, then seed, with the arms in the order of their names and the baseline first,
    whatever the order of reading.
    """
    directories = sorted(p.parent for p in where.glob(f"trials/*/{RECORD}")) if isinstance(where, Path) else list(where)
    records = [read_record(directory) for directory in directories]
    texts = factor_values([FactorFacts(record.factors, record.config) for record in records])
    rows = [_row(*each) for each in zip(directories, records, texts, strict=True)]
    factors = dict.fromkeys(FACTOR + name for record in records for name in record.factors)
    columns = list(COLUMNS)
    at = columns.index("is_baseline") + 1
    table = pd.DataFrame(rows, columns=[*columns[:at], *factors, *columns[at:]])
    return table.sort_values(
        ["study", "is_baseline", "arm", "seed"], ascending=[True, False, True, True], kind="stable", ignore_index=True
    )


def _row(directory: Path, record: TrialRecord, texts: dict[str, str]) -> dict[str, Any]:
    ending = _ending(directory / journal.NAME)
    cursor = read_cursor(directory)
    best = ending.scored.get("best")
    inert = ending.last.inert if isinstance(ending.last, Finished) else None
    return {
        "study": record.study,
        "arm": record.arm,
        "is_baseline": record.is_baseline,
        **{FACTOR + name: text for name, text in texts.items()},
        "seed": record.seed,
        "status": ending.last.status if isinstance(ending.last, Finished) else UNFINISHED,
        "inert": None if inert is None else " ".join(inert),
        **_scores(ending.scored),
        "kimg_best": best.generator_images / 1000 if best else None,
        "seconds_best": best.generator_wall_s if best else None,
        "run_verdict": verdict_of(journal.read(directory)).kind if isinstance(ending.last, Finished) else None,
        "kimg": ending.last.kimg if ending.last else None,
        "wall_s": ending.last.wall_s if ending.last else None,
        "data_digest": ending.first.data_digest if ending.first else None,
        "data_skipped": ending.first.data_skipped if ending.first else None,
        "run_id": cursor.run_id if cursor else None,
        "fingerprint": record.fingerprint,
        "directory": str(directory),
    }


def _scores(scored: dict[str, Evaluated]) -> dict[str, Any]:
    """FID and IS of the best and the last generator, with their protocol: the best's; a last under another is None."""
    row: dict[str, Any] = {}
    for metric in ("fid", "is"):
        best, last = (
            next((s for s in scored[of].scores if s.metric == metric), None) if of in scored else None
            for of in ("best", "last")
        )
        same = best is not None and last is not None and best.stamp == last.stamp
        row |= {
            f"{metric}_best": best.value if best else None,
            f"{metric}_last": last.value if last and same else None,
            f"{metric}_name": best.name if best else None,
            f"{metric}_stamp": best.stamp if best else None,
        }
    return row


def _ending(path: Path) -> _Ending:
    """Read a journal from its end, parsing only the last line, the first, and those with final scores.

    As in `journal.read`, an event holds unless a later one has its number or a smaller one.
    """
    first: Started | None = None
    last: AnyEvent | None = None
    scored: dict[str, Evaluated] = {}
    smallest = math.inf
    for line in _lines_from_end(path):
        match = _SEQ.match(line)
        if match is None or int(match[1]) >= smallest:
            continue
        if last is None or int(match[1]) == 0 or _FINAL_SCORES.search(line):
            try:
                event = event_from_json(line)
            except ValidationError:  # torn by a crash
                continue
            last = last or event
            if isinstance(event, Started):
                first = event
            if isinstance(event, Evaluated) and event.of != "progress":
                scored[event.of] = event
        smallest = int(match[1])
    return _Ending(first, last, scored)


def _lines_from_end(path: Path) -> list[bytes]:
    """The whole lines of a journal, the last first."""
    if not path.exists():
        return []
    return [line for line in reversed(path.read_bytes().splitlines()) if line.endswith(b"}")]
