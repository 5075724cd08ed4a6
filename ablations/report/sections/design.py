"""The design itself: its factors, how many arms and seeds, what a fraction mixes up, what a rule forbids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ablations.report.words import counted, number
from ablations.study.arm import LeftOut
from ablations.study.designs import BASELINE, DESIGNS, Fraction
from ablations.study.designs.search_options import DimensionWords, SearchRecord
from ablations.study.record import StudyRecord
from ablations.study.setting_text import ON, setting_text

MIXES: Mapping[int, str] = MappingProxyType(
    {
        3: "a main effect is mixed up with some interactions of two factors",
        4: "main effects are separate from all interactions of two, but some of those are mixed up with each other",
    }
)
CLEAR = "main effects and interactions of two are all separate"  # of 5 and more


@dataclass(frozen=True)
class FactorWords:
    """A factor, or a setting that a search varies, and what it does in words; `when`: the condition that it depends
    on.
    """

    name: str
    text: str
    when: str = ""


@dataclass(frozen=True)
class FractionWords:
    """A fraction: the part of the factorial that was run, and the effects that it can't tell apart."""

    resolution: int
    means: str
    runs: int
    of: int  # arms of the whole factorial
    told_apart: int
    effects: int  # main effects and interactions of two
    generators: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class DesignWords:
    """`summary`: what the design is; `counted`: the numbers of arms, seeds and trials."""

    name: str
    summary: str
    counted: str
    reference: str
    factors: tuple[FactorWords, ...]
    space: tuple[FactorWords, ...]
    fraction: FractionWords | None
    left_out: tuple[LeftOut, ...]
    blocks: tuple[FactorWords, ...]


def design_of(record: StudyRecord) -> DesignWords:
    """The design in words, from the record in the study's folder."""
    return DesignWords(
        name=record.design,
        summary=DESIGNS[record.design].summary,
        counted=_counted(record),
        reference=record.reference,
        factors=tuple(FactorWords(name, _settings(own)) for name, own in record.factors.items()),
        space=tuple(_dimension(name, words) for name, words in record.search.space.items()) if record.search else (),
        fraction=_fraction(record.fraction, len(record.factors)) if record.fraction is not None else None,
        left_out=record.left_out,
        blocks=tuple(FactorWords(block.name, _settings(block.settings) or BASELINE) for block in record.blocks),
    )


def _counted(record: StudyRecord) -> str:
    seeds = counted(len(record.seeds), "seed")
    if record.search is None:
        if record.blocks:
            arms = counted(len(record.arms_alone), "arm")
            return f"{arms} in each of {counted(len(record.blocks), 'setting')}, {seeds}"
        return f"{counted(len(record.arms), 'arm')}, {seeds}"
    return _stages(record.search, seeds)


def _stages(search: SearchRecord, seeds: str) -> str:
    best = "the best arm" if search.best == 1 else f"the best {search.best}"
    return f"{counted(search.explore.arms, 'arm')} to explore; {best} and the baseline confirmed on {seeds}"


def _fraction(fraction: Fraction, factors: int) -> FractionWords:
    return FractionWords(
        resolution=fraction.resolution,
        means=MIXES.get(fraction.resolution, CLEAR),
        runs=fraction.runs,
        of=2**factors,
        told_apart=fraction.told_apart,
        effects=factors + factors * (factors - 1) // 2,
        generators=fraction.generators,
        aliases=tuple(map(str, fraction.aliases)),
    )


def _dimension(name: str, words: DimensionWords) -> FactorWords:
    """'32, 64 or 128'; '0.0001 to 0.01, on a logarithmic scale'."""
    if words.choices is not None:
        texts = [str(choice) for choice in words.choices]
        text = f"{', '.join(texts[:-1])} or {texts[-1]}"
    else:
        step = f", in steps of {number(words.step)}" if words.step is not None else ""
        text = f"{number(words.low)} to {number(words.high)}{', on a logarithmic scale' if words.log else ''}{step}"
    return FactorWords(name, text, " and ".join(f"{key}: {_any_of(value)}" for key, value in words.when.items()))


def _any_of(value: Any) -> str:
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    return " or ".join(setting_text("", one) for one in values)


def _settings(settings: Mapping[str, Any]) -> str:
    """The settings as the user wrote them, without options that are left to their defaults, `{}`."""
    texts = ((name, ON if value == {} else setting_text(name, value)) for name, value in settings.items())
    return ", ".join(f"{name} = {text}" for name, text in texts)
