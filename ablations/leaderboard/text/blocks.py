"""The effects of a study across several settings as text: over all blocks, in each of them, and between them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ablations.leaderboard.across_records import Across, EffectAcross
from ablations.leaderboard.effect_records import ReportedEffect
from ablations.leaderboard.text.cells import where_it_stands
from ablations.leaderboard.text.effects import change_text
from ablations.leaderboard.text.notes import looks_notes
from ablations.leaderboard.text.numbers import percent

SHOWN = ("helps", "hurts", "same run")  # findings that stand with a block's number


@dataclass(frozen=True)
class DrawnAcross:
    """The effects in words: a row each, a column for each block at the end; then each in a sentence; `notes` below."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


def drawn_across(across: Across) -> DrawnAcross:
    """The effects in the design's order."""
    headings: tuple[str, ...] = (across.unit, "all settings", "verdict", "between settings", *across.blocks)
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            effect.name,
            "unknown" if math.isnan(effect.pooled.shown.mean) else change_text(effect.pooled.shown, across.rule),
            verdict_text(effect.pooled, across),
            between_text(effect),
            *(_cell(effect, block) for block in across.blocks),
        )
        for effect in across.by_effect
    )
    if any(effect.pooled.aliases for effect in across.by_effect):
        headings = (*headings, "can't be told from")
        rows = tuple((*row, ", ".join(e.pooled.aliases)) for row, e in zip(rows, across.by_effect, strict=True))
    sentences = tuple(map(sentence_of, across.by_effect))
    return DrawnAcross(f"{across.study}: {across.about}", headings, rows, sentences, tuple(_notes(across)))


def verdict_text(effect: ReportedEffect, across: Across) -> str:
    """'helps (look 2, 8 seeds)'."""
    limit = f" larger than {across.rule.margin_percent}" if effect.finding == "no difference" else ""
    return f"{effect.finding}{limit}{where_it_stands(effect.judged, across.looks)}"


def between_text(effect: EffectAcross) -> str:
    """'differs (p = 0.003)', or that no difference between the settings is shown."""
    differs = effect.differs
    if differs.finding == "differs":
        return f"differs (p = {differs.p:.2g})"
    return "same run" if differs.finding == "same run" else "can't tell"


def sentence_of(effect: EffectAcross) -> str:
    """'dropout helps: FID -12 % over 4 settings; by itself it helps in 3 of 4; ...'."""
    pooled, number = effect.pooled, len(effect.in_blocks)
    shown = "" if math.isnan(pooled.shown.mean) else f", FID {percent(pooled.shown.mean)} %"
    word = {"helps": "helps", "hurts": "hurts", "no difference": "makes no difference that matters"}
    said = f"{effect.name} {word.get(pooled.finding, f'({pooled.finding})')}"
    if number == 1:
        return f"{said}{shown} in {', '.join(effect.in_blocks)}, the only setting that has it"
    parts = [f"{said} on average{shown} over {number} settings", in_how_many(effect)]
    if effect.differs.finding == "differs":
        parts.append(f"its effect differs between the settings (p = {effect.differs.p:.2g})")
    else:
        parts.append("whether its effect differs between them is not shown")
    if effect.lacking:
        parts.append(f"not in {', '.join(effect.lacking)}, where a rule forbids it")
    return "; ".join(parts)


def in_how_many(effect: EffectAcross) -> str:
    """'helps in 3 of 4 settings by itself (lower in 4)': what is shown, and what was seen."""
    of, said = len(effect.in_blocks), []
    for finding, verb in (("helps", "helps"), ("hurts", "hurts"), ("no difference", "makes no difference")):
        if count := effect.count(finding):  # type: ignore[arg-type]
            said.append(f"{verb} in {count} of {of}")
    seen = f"FID is lower in {effect.lower} of {of}"
    return f"by itself it {', '.join(said)} settings ({seen})" if said else f"shown in no setting by itself ({seen})"


def _cell(effect: EffectAcross, block: str) -> str:
    """'-12 % helps', '+3 %'; 'left out' where the block does not have it, 'no score' where an arm has none there."""
    own = effect.in_blocks.get(block)
    if own is None:
        return "left out"
    if own.finding == "same run" or math.isnan(own.shown.mean):
        return own.finding if own.finding == "same run" else "no score"
    return f"{percent(own.shown.mean)} %" + (f" {own.finding}" if own.finding in SHOWN else "")


def _notes(across: Across) -> Iterator[str]:
    count = len(across.blocks)
    yield (
        f"all settings: the mean of the effects in just these {count} settings, each with the same weight and its own "
        "spread, with the interval that decides; of settings that were not tried it says nothing"
    )
    yield (
        "helps or hurts next to a setting's number: shown there by itself; all of it together, and whether the effect "
        "differs between settings, is judged as one family; see docs/statistics.md"
    )
    yield from looks_notes(across.looks, across.rule)
