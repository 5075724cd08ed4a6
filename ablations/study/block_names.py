"""The names of blocks, and of arms in blocks: readable, and fit for folders, runs and tags everywhere."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ablations.study.setting_text import plain_text

AT = "@"  # 'dropout@shapes-dcgan': no arm and no block has it in its own name
LONGEST = 64  # characters of a block's name
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
UNFIT = re.compile(r"[^A-Za-z0-9_.=-]+")


def arm_in_block(arm: str, block: str) -> str:
    """The name of an arm in a block; the arm's own where the study has no blocks.

    >>> arm_in_block("dropout", "shapes-dcgan")
    'dropout@shapes-dcgan'
    """
    return f"{arm}{AT}{block}" if block else arm


def arm_alone(name: str, block: str) -> str:
    """The arm's own name, without that of its block."""
    return name.removesuffix(AT + block) if block else name


def arms_alone(names: Iterable[str]) -> tuple[str, ...]:
    """The arms' own names, each once, whatever blocks they are in.

    >>> arms_alone(["baseline@a", "baseline@b", "dropout"])
    ('baseline', 'dropout')
    """
    return tuple(dict.fromkeys(name.partition(AT)[0] for name in names))


def block_name(settings: Mapping[str, Any]) -> str:
    """The name of a block that a file gives by its values alone; a long one ends with a hash of all.

    >>> block_name({"data": "shapes", "architecture": "mlp", "lr_g": 2e-4})
    'shapes-mlp-lr_g=0.0002'
    """
    full = "-".join(_word(key, value) for key, value in settings.items())
    if len(full) <= LONGEST:
        return full
    return f"{full[: LONGEST - 9]}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def _word(key: str, value: Any) -> str:
    """A value by itself where it is a word ('dcgan'), else with its setting ('lr_g=0.0002')."""
    if isinstance(value, str) and WORD.fullmatch(value):
        return value
    if isinstance(value, Mapping):
        value = ".".join(f"{name}={plain_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        value = ".".join(map(plain_text, value))
    return UNFIT.sub("-", f"{key}={plain_text(value)}").strip("-")
