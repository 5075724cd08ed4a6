"""What a study across several settings says of all of them: the answer, a forest plot, a table arm by block."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ablations.leaderboard.across_records import Across, EffectAcross
from ablations.leaderboard.text.blocks import DrawnAcross, between_text, drawn_across, in_how_many
from ablations.report.sections.answer import Sentence, headline_of, sentences_of
from ablations.report.sections.claims import Claims, claims_of
from ablations.report.sections.forest_lines import Forest, Line
from ablations.report.sections.looks import LookLine, LooksCourse, look_lines, looks_course
from ablations.report.words import counted, listed
from ablations.workspace.looks_taken import LookTaken

MOST_LINES = 60  # of the forest: of more effects only the averages are drawn


@dataclass(frozen=True)
class AcrossReport:
    """The report on all settings of one study together."""

    across: Across
    headline: str
    sentences: tuple[Sentence, ...]
    words: DrawnAcross
    forest: Forest | None
    claims: Claims | None
    looks: LooksCourse | None  # where several have been taken
    looks_taken: tuple[LookLine, ...]


def across_report(across: Across, taken: Sequence[LookTaken]) -> AcrossReport:
    """Put what is known of all settings into words and lines. `taken`: the looks on record."""
    return AcrossReport(
        across=across,
        headline=_headline(across),
        sentences=_sentences(across),
        words=drawn_across(across),
        forest=forest_of_blocks(across),
        claims=claims_of(across),
        looks=looks_course(across),
        looks_taken=look_lines(across, taken),
    )


def _headline(across: Across) -> str:
    count = counted(len(across.blocks), "setting")
    if not any(math.isfinite(effect.pooled.shown.mean) for effect in across.by_effect):
        return f"Nothing to compare over all {count} yet."
    differing = [effect.name for effect in across.by_effect if effect.differs.finding == "differs"]
    more = ""
    if differing:
        effects, verb = ("effect", "differs") if len(differing) == 1 else ("effects", "differ")
        more = f" The {effects} of {listed(differing)} {verb} between the settings."
    return f"On average over these {count}: {headline_of(across.effects)}{more}"


def _sentences(across: Across) -> tuple[Sentence, ...]:
    """One for each averaged effect, with the number of settings in which it is shown by itself."""
    own = {effect.name: effect for effect in across.by_effect}
    said = []
    for sentence in sentences_of(across.effects, across.looks):
        why = f"{_of_blocks(own[sentence.name])}; {sentence.why}" if sentence.why else _of_blocks(own[sentence.name])
        said.append(Sentence(sentence.name, sentence.finding, sentence.says, why))
    return tuple(said)


def _of_blocks(effect: EffectAcross) -> str:
    if len(effect.in_blocks) == 1:
        return f"in {', '.join(effect.in_blocks)}, the only setting that has it"
    between = "whether it differs between them is not shown"
    if effect.differs.finding == "differs":
        pair = effect.differs.test.apart
        between = f"it {between_text(effect)} between them" + (f", most between {' and '.join(pair)}" if pair else "")
    lacking = f"; not in {', '.join(effect.lacking)}, where a rule forbids it" if effect.lacking else ""
    return f"{in_how_many(effect)}; {between}{lacking}"


def forest_of_blocks(across: Across) -> Forest | None:
    """Each effect on average, and below it in each block; None where nothing has a number."""
    effects = [effect for effect in across.by_effect if not effect.pooled.is_interaction]
    whole = sum(1 + len(effect.in_blocks) for effect in effects) <= MOST_LINES
    lines = []
    for effect in effects:
        lines.append(Line(effect.name, effect.pooled.shown, effect.pooled.by_seed, effect.pooled.finding))
        if whole:
            lines += [Line(f"in {b}", own.shown, own.by_seed, own.finding) for b, own in effect.in_blocks.items()]
    if all(math.isnan(line.shown.mean) for line in lines):
        return None
    return Forest(
        name="across",
        title=f"Effects: {across.about}",
        lines=tuple(lines),
        rule=across.rule,
        ends=("FID lower", "FID higher"),
        caption="Change of the FID on average over all settings, and below it in each setting by itself, with the "
        f"interval that decides: {across.rule.confidence_percent} over all looks and questions together. Thin strokes: "
        f"single seeds. Grey band: below {across.rule.margin_percent}, which counts as none. ◀ "
        "helps, ▶ hurts, ■ no difference, ○ can't tell.",
        alt="Forest plot of each effect over all settings and in each; the numbers stand in the table.",
    )
