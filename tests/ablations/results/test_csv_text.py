"""CSV whose text stays text in a spreadsheet, and whose numbers stay numbers."""

import csv
import io
import math

import pandas as pd
import pytest

from ablations.results.csv_text import csv_text, plain_text, spreadsheet_text

FORMULAS = (
    "=1+1",
    "+SUM(A1)",
    "-2+cmd|' /C calc'!A0",
    "@import",
    "\t=1",
    "\r=1",
    "\uff1d1",
    "-",
    "'quoted",
    "-1e",
    "--5",
)
NUMBERS = ("-0.5", "+3", "-1e-07", "0", "")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula(text: str) -> None:
    assert spreadsheet_text(text) == "'" + text
    assert plain_text(f"'{text}") == text


@pytest.mark.parametrize("text", [*NUMBERS, "baseline", "a=b", "it's"])
def test_the_rest_is_as_it_was(text: str) -> None:
    assert spreadsheet_text(text) == text
    assert plain_text(text) == text


def test_a_table_there_and_back() -> None:
    frame = pd.DataFrame(
        {
            "=name": [*FORMULAS[:3], None],
            "fid": [-1.5, -0.1 - 0.2, math.nan, 3.0],
            "rank": pd.array([1, -2, 3, None], dtype="Int64"),
        }
    )
    before = frame.copy()
    text = csv_text(frame)
    pd.testing.assert_frame_equal(frame, before)
    heading, *rows = csv.reader(io.StringIO(text))
    assert heading == ["'=name", "fid", "rank"]
    assert [plain_text(row[0]) for row in rows] == [*FORMULAS[:3], ""]
    read = pd.read_csv(io.StringIO(text))
    assert read["fid"].tolist()[:2] == [-1.5, -0.1 - 0.2]
    assert read["rank"].tolist()[:3] == [1, -2, 3]
