"""The name of an arm of a factorial design: readable, independent of the file's order, fit for a folder."""

import hashlib
from collections.abc import Collection

from ablations.study.designs.layout import ALL, BASELINE

LONGEST = 64  # characters


def arm_name(on: Collection[str], factors: Collection[str]) -> str:
    """'baseline', 'dropout+ttur', 'all'; a name that is too long ends with the number of others, and a hash of all."""
    if not on:
        return BASELINE
    if 1 < len(on) == len(factors):
        return ALL
    names = sorted(on)
    full = "+".join(names)
    if len(full) <= LONGEST:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:8]
    for shown in range(len(names) - 1, 0, -1):
        short = "+".join([*names[:shown], f"{len(names) - shown}more", digest])
        if len(short) <= LONGEST:
            return short
    return f"{len(names)}factors+{digest}"
