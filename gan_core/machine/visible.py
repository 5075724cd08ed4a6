"""Text from elsewhere (names, questions, paths), fit for a terminal."""

import re

# C0 but for tab and newline, DEL, C1; marks, overrides and isolates of writing direction; other line ends.
# https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text, with what would act on a terminal or turn the reading order shown as Python writes it: '\\x1b'."""
    return ACTING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
