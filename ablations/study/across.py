"""across: several settings in one study; every arm is trained in every block, a block being one of the settings.

    across: {data: [fashion-mnist, shapes], architecture: [dcgan, mlp]}          lists: every combination, four blocks
    across: {small: {data: shapes, width: 8}, large: {data: cifar10}}            mappings: these blocks, by their names

A block's settings take the place of the baseline's. What a trick sets can't be a block's setting as well.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from ablations.study.block_names import block_name
from gan_core.problems import Problem, nearest_name, shown
from gan_core.records import Record

if TYPE_CHECKING:
    from ablations.study.factors import StudyFactor

Where = tuple[str | int, ...]
MOST_BLOCKS = 64
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=-]{0,63}")
NAME_ALLOWED = "1 to 64 letters, digits, _ . = or -, the first a letter or a digit"
ACROSS_ALLOWED = (
    "settings with lists of values, for all their combinations, such as {data: [fashion-mnist, shapes]}; or names "
    f"of blocks with the settings of each, such as {{small: {{width: 8}}, large: {{width: 32}}}}: 2 to {MOST_BLOCKS} "
    "blocks"
)


def _across(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError(ACROSS_ALLOWED)
    kinds = {type(words) for words in value.values()}
    if kinds == {list, dict}:
        raise ValueError(f"all lists or all mappings, not some of each: {ACROSS_ALLOWED}")
    if kinds not in ({list}, {dict}):
        raise ValueError(ACROSS_ALLOWED)
    return value


AcrossInFile = Annotated[dict[str, list[Any] | dict[str, Any]], BeforeValidator(_across)]


class Block(Record):
    """One setting of a study, by name: what takes the place of the baseline's settings in it."""

    name: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class WrittenBlock:
    """A block, and where in the study file each of its settings is written. `where`: the block itself."""

    block: Block
    where: Where
    places: Mapping[str, Where]

    @property
    def name(self) -> str:
        return self.block.name


def blocks_of(
    across: Mapping[str, list[Any] | dict[str, Any]], factors: "Mapping[str, StudyFactor]"
) -> tuple[tuple[WrittenBlock, ...], list[Problem]]:
    """The blocks in the file's order, the last setting's values changing fastest, and what is wrong with them.

    What is wrong is left out of the blocks, so that it hides no other mistake.
    """
    problems = list(_problems_of_count(across))
    if problems:
        return (), problems
    places: dict[Where, str] = {}  # of every setting that is named
    for name, words in across.items():
        places |= {("across", name): name} if isinstance(words, list) else {("across", name, key): key for key in words}
    refusals = {key: problem for where, key in places.items() for problem in _refusals(key, where, factors)}
    problems += [problem for where, key in places.items() for problem in _refusals(key, where, factors)]
    lists = {key: words for key, words in across.items() if isinstance(words, list)}
    named = {name: words for name, words in across.items() if isinstance(words, dict)}
    problems += [problem for key, values in lists.items() for problem in _doubles(key, values)]
    problems += _problems_of_names(named)
    written = [
        *(_combined({key: values for key, values in lists.items() if key not in refusals}) if lists else ()),
        *(_named(name, words, refusals.keys()) for name, words in named.items()),
    ]
    problems += _alike(written)
    return tuple(written), problems


def varied_settings(across: object) -> set[str]:
    """The settings that a study goes across; of words that are none of it nothing."""
    if not isinstance(across, dict):
        return set()
    named = [words for words in across.values() if isinstance(words, dict)]
    return {key for key, words in across.items() if isinstance(words, list)} | {key for words in named for key in words}


def _problems_of_count(across: Mapping[str, list[Any] | dict[str, Any]]) -> Iterator[Problem]:
    lists = {key: values for key, values in across.items() if isinstance(values, list)}
    empty = [key for key, values in lists.items() if not values]
    for key in empty:
        yield Problem("an empty list", ("across", key), "values of the setting")
    count = prod(map(len, lists.values())) if lists else len(across)
    if empty:
        return
    if count < 2:
        hint = (
            f"2 to {MOST_BLOCKS} blocks; without `across`, and with the setting in the baseline, it is the same study"
        )
        yield Problem("one block only: there is nothing to pool", ("across",), hint)
    elif count > MOST_BLOCKS:
        yield Problem(f"{count} blocks", ("across",), f"at most {MOST_BLOCKS}")


def _refusals(key: str, where: Where, factors: "Mapping[str, StudyFactor]") -> Iterator[Problem]:
    """Why no block may have this setting."""
    if key == "seed":
        yield Problem("the seed is no setting of a block", where, "`seeds` at the top of the file, for all arms")
    for name, factor in factors.items():
        if key in factor.settings:
            path = ".".join(map(str, factor.where))
            message = f"{name} sets {key} too ({path}), so its arm would not differ between these blocks"
            yield Problem(message, where, "a setting that no trick and no arm sets")


def _doubles(key: str, values: Sequence[Any]) -> Iterator[Problem]:
    for place, value in enumerate(values):
        if any(type(value) is type(before) and value == before for before in values[:place]):
            yield Problem(f"{shown(value)} is there twice", ("across", key, place), "different values")


def _problems_of_names(named: Mapping[str, Any]) -> Iterator[Problem]:
    for name in named:
        if not NAME.fullmatch(str(name)):
            yield Problem(f"{name!r} can't be a block's name", ("across", name), NAME_ALLOWED)


def _combined(lists: Mapping[str, Sequence[Any]]) -> Iterator[WrittenBlock]:
    """Every combination of the values."""
    for chosen in product(*(enumerate(values) for values in lists.values())):
        settings = {key: value for key, (_, value) in zip(lists, chosen, strict=True)}
        places: dict[str, Where] = {key: ("across", key, at) for key, (at, _) in zip(lists, chosen, strict=True)}
        yield WrittenBlock(Block(name=block_name(settings), settings=settings), ("across",), places)


def _named(name: str, words: Mapping[str, Any], refused: Collection[str]) -> WrittenBlock:
    settings = {key: value for key, value in words.items() if key not in refused}
    return WrittenBlock(
        Block(name=str(name), settings=settings), ("across", name), {key: ("across", name, key) for key in settings}
    )


def _alike(written: Sequence[WrittenBlock]) -> Iterator[Problem]:
    """Names that would be one folder on a file system without case."""
    first: dict[str, WrittenBlock] = {}
    for block in written:
        other = first.setdefault(block.name.lower(), block)
        if other is not block and other.block.settings != block.block.settings:
            message = f"two blocks would be called {block.name}: {shown(other.block.settings)} and "
            message += shown(block.block.settings)
            if other.name != block.name:
                message = f"{other.name} and {block.name} differ in capitals alone: some file systems take them for one"
            yield Problem(message, block.where, "names of your own that differ: across: {NAME: {...}, ...}")


def named_block(name: str, blocks: Sequence[Block], where: Where) -> Block | Problem:
    """The block with this name, or what is wrong with the name."""
    known = {block.name: block for block in blocks}
    if name in known:
        return known[name]
    return Problem(f"no block is called {name!r}", where, ", ".join(known), nearest_name(name, known))
