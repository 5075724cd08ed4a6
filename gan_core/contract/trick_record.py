"""What a trick's record says of it: a summary, a paper with its year, options that a bare flag can do without."""

import re

from gan_core.contract.finding import Finding, judged
from gan_core.tricks import Trick

YEAR = re.compile(r"\b(19[5-9]\d|20\d\d)\b")


def described(trick: Trick) -> list[Finding]:
    """Words for tables and help, and defaults."""
    lacking = []
    if not trick.summary:
        lacking.append("no summary")
    if not YEAR.search(trick.paper):
        lacking.append(f"a paper without a year: {trick.paper!r}")
    if not trick.options.model_fields:
        lacking.append("no options: a trick has at least one, which `--trick 0.3` is for")
    for name, field in trick.options.model_fields.items():
        if not field.description:
            lacking.append(f"option {name} has no description")
        if field.is_required():
            lacking.append(f"option {name} has no default: a bare flag must work")
    return [
        judged(
            "record",
            not lacking,
            "summary, paper, options with defaults and descriptions",
            "; ".join(lacking),
            "fill it in: tables, help and pages are made from it",
        )
    ]
