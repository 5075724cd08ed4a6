"""A leaderboard as CSV and as JSON. Both hold the same lines; an empty cell, or null, means that there is no number."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ablations.leaderboard.across_records import Across
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.columns import documented, line_of, lines_of, pooled_lines, table_columns
from ablations.leaderboard.looks import LooksState
from ablations.leaderboard.records import Leaderboard, Row, Table
from ablations.results.csv_text import csv_text
from gan_core.envelope import enveloped
from gan_core.machine.files import write_text

WHOLE = ("rank", "look", "look_seeds", "borrowed", "blocks", "blocks_helped", "blocks_hurt", "blocks_lower")


def frame_of(leaderboard: Leaderboard) -> pd.DataFrame:
    """One line for each arm and what was scored elsewhere, then the design's effects, explored arms, floors.

    Last of all come effects over all blocks, of studies across several settings. Ranks start again in each table.
    """
    lines = [line_of(table, line) for table in leaderboard.tables for line in lines_of(table)]
    lines += [line for across in leaderboard.across for line in pooled_lines(across)]
    frame = pd.DataFrame(lines, columns=table_columns(leaderboard))
    whole = [name for name in frame if name in WHOLE or str(name).startswith("seeds_")]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def csv_of(leaderboard: Leaderboard) -> str:
    """`frame_of` as CSV, with the numbers' full precision."""
    return csv_text(frame_of(leaderboard))


def json_of(leaderboard: Leaderboard) -> str:
    """`content_of` as a document by itself."""
    return enveloped("leaderboard", content_of(leaderboard))


def content_of(leaderboard: Leaderboard) -> dict[str, Any]:
    """The tables with the CSV's lines, each arm's FID by seed, answered claims, and what the columns mean."""
    return {
        "columns": documented(),
        "tables": [_table(table) for table in leaderboard.tables],
        "across": [_across(across) for across in leaderboard.across],
    }


def write_csv(leaderboard: Leaderboard, path: Path) -> None:
    """Put the CSV into the file, atomically."""
    write_text(path, csv_of(leaderboard), shared=True)


def _table(table: Table) -> dict[str, Any]:
    lines = []
    for line in lines_of(table):
        cells = {name: _plain(value) for name, value in line_of(table, line).items()}
        seeds = {"fid_by_seed": {str(seed): fid for seed, fid in line.scores.items()}} if isinstance(line, Row) else {}
        lines.append(cells | seeds)
    return {
        "study": table.study,
        "block": table.block or None,
        "score": table.score,
        "ranked_by": table.ranked_by,
        "protocol": dict(table.stamps),
        "metrics_under_several_protocols": list(table.mixed),
        "evaluation_share": _plain(table.evaluation_share),
        "expected_best": [
            {"trials": e.k, "fid": _plain(e.best), "ci95_low": _plain(e.low), "ci95_high": _plain(e.high)}
            for e in table.expected
        ],
        "rule": table.rule.model_dump(),
        "machines": {
            "by_arm": {arm: dict(kinds) for arm, kinds in table.machines.by_arm.items()},
            "unlike_pairs": [asdict(pair) for pair in table.machines.pairs],
        },
        "guard": dict(table.guards.margins),
        "looks": _looks(table.looks),
        "lines": lines,
        "claims": [_claim(answered) for answered in table.claims],
    }


def _across(across: Across) -> dict[str, Any]:
    """A study across several settings: its blocks, the pooled lines with each block's effect, and its claims."""
    lines = []
    for line, effect in zip(pooled_lines(across), across.by_effect, strict=True):
        own = {
            block: {
                "fid_ratio": _plain(one.shown.mean),
                "fid_ratio_ci_low": _plain(one.shown.low),
                "fid_ratio_ci_high": _plain(one.shown.high),
                "interval_level": _plain(one.level),
                "verdict": one.finding,
            }
            for block, one in effect.in_blocks.items()
        }
        between = _deep_plain(effect.differs.test._asdict())
        cells = {name: _plain(value) for name, value in line.items()}
        lines.append({**cells, "in_blocks": own, "between": between, "lacking": list(effect.lacking)})
    return {
        "study": across.study,
        "blocks": {name: dict(settings) for name, settings in across.blocks.items()},
        "about": across.about,
        "rule": across.rule.model_dump(),
        "looks": _looks(across.looks),
        "lines": lines,
        "claims": [_claim(answered) for answered in across.claims],
    }


def _looks(state: LooksState) -> dict[str, Any]:
    """When the study's runs are judged, and how far that is."""
    return {
        **state.looks.model_dump(),
        "taken": state.taken,
        "questions": state.tested,
        "next_seeds": state.next_seeds,
        "going_on": list(state.going_on) if state.next_seeds is not None else [],
    }


def _claim(answered: AnsweredClaim) -> dict[str, Any]:
    """The claim as the study states it, and the answer; seeds as text."""
    answer = {name: value for name, value in asdict(answered).items() if name not in ("claim", "rule")}
    rule = {"scale": answered.rule.scale, "lower_is_better": answered.rule.lower_is_better}
    return {**answered.claim.model_dump(mode="json"), **rule, **_deep_plain(answer)}


def _deep_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _deep_plain(item) for key, item in value.items()}
    return [_deep_plain(item) for item in value] if isinstance(value, tuple) else _plain(value)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
