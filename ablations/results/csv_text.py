"""Tables as CSV, in which text stays text: a spreadsheet takes a cell that begins like a formula for one, and runs it.

Names come from study files and stores that others wrote. As the OWASP advises
(https://owasp.org/www-community/attacks/CSV_Injection), such a text gets an apostrophe in front; numbers are never
touched, and `plain_text` takes it away again for programs.
"""

import math

import pandas as pd

MARK = "'"
FULLWIDTH = ("\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH HYPHEN-MINUS}")
BEGINNINGS = (MARK, "=", "+", "-", "@", "\t", "\r", "\n", *FULLWIDTH, "\N{FULLWIDTH COMMERCIAL AT}")


def csv_text(frame: pd.DataFrame) -> str:
    """The table as CSV without its index, numbers with their full precision."""
    shown = frame.copy()
    for name in shown.columns:
        if shown[name].dtype == object or pd.api.types.is_string_dtype(shown[name].dtype):
            shown[name] = shown[name].map(spreadsheet_text)
    shown.columns = pd.Index([spreadsheet_text(name) for name in frame.columns])
    return str(shown.to_csv(index=False, lineterminator="\n"))


def spreadsheet_text(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula; anything but text is left as it is."""
    if not isinstance(cell, str) or _is_number(cell):
        return cell
    return MARK + cell if cell.startswith(BEGINNINGS) else cell


def plain_text(cell: str) -> str:
    """What `spreadsheet_text` was given."""
    return cell.removeprefix(MARK)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and text.isascii() and "_" not in text and text == text.strip()
    except ValueError:
        return False
