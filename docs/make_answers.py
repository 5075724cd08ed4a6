"""The pages of docs/answers: their tables and figures, made from the tables of runs that lie beside them.

python docs/make_answers.py                          # all pages anew; verdicts are computed, by the study files' rules
python docs/make_answers.py --take runs/STUDY ...    # first take in these studies' runs, leaderboards and reports
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ablations.leaderboard import Leaderboard, Table, csv_of
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.source import from_folders, from_table
from ablations.leaderboard.text.claims import seen_in_words
from ablations.leaderboard.text.markdown import escaped, markdown_blocks, markdown_claims
from ablations.report.figures.canvas import DPI, WIDE
from ablations.report.figures.forest import draw_forest
from ablations.report.sections.forest_lines import Line
from ablations.results.csv_text import csv_text
from ablations.results.from_table import read_runs
from ablations.results.table import FACTOR, results_table
from ablations.study.claims.records import OfGenerators

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "answers"
END = "<!-- end -->"
MARK = re.compile(r"<!-- answers: (?P<what>\S+) -->")
OF_THE_PLACE = ["directory", "run_id", "data_skipped"]  # columns that say nothing of the verdicts
ANSWERED = ("supported", "refuted")


@dataclass(frozen=True)
class Source:
    """A study whose runs lie in docs/answers. `form`: what its column is called where two forms stand side by side."""

    study: str
    file: str
    form: str = ""

    @property
    def runs(self) -> Path:
        return FOLDER / f"{self.study}-runs.csv"

    def leaderboard(self) -> Leaderboard:
        """The verdicts, computed from the table of runs and the study's file alone."""
        return from_table(self.runs, [str(ROOT / self.file)]).leaderboard()


SMALL = Source("ganhacks2_small", "studies/claims/ganhacks2.yaml", "one epoch of 16x16")
FULL = Source("ganhacks2_full", "studies/claims/ganhacks2_full.yaml", "ten epochs of 32x32")
SOURCES = (
    SMALL,
    FULL,
    Source("seven_tricks", "studies/seven_tricks.yaml"),
    Source("little_data", "studies/little_data.yaml"),
)
PAGES = {"ganhacks2": (SMALL, FULL), "seven_tricks": (SOURCES[2],), "little_data": (SOURCES[3],)}


def page_of(name: str) -> str:
    """The page with everything between its marks made anew."""
    text = (FOLDER / f"{name}.md").read_text()
    boards = [source.leaderboard() for source in PAGES[name]]
    parts = MARK.split(text)
    pieces = [parts[0]]
    for what, rest in zip(parts[1::2], parts[2::2], strict=True):
        _, end, after = rest.partition(END)
        if not end:
            raise SystemExit(f"docs/answers/{name}.md has no {END} after {what}")
        pieces.append(f"<!-- answers: {what} -->\n\n{made(what, name, boards)}\n\n{END}{after}")
    return "".join(pieces)


def made(what: str, name: str, boards: Sequence[Leaderboard]) -> str:
    """What stands between two marks: `count`, `hours`, `effects`, `claims`, or the two digits of a claim."""
    answers = [board.answers for board in boards]
    assert all(answer is not None for answer in answers)
    tables = [answer for answer in answers if answer is not None]
    if what == "effects":
        assert isinstance(tables[0], Across)
        lines, notes = markdown_blocks(tables[0])
        return "\n".join([*lines, "", *(f"{note}  " for note in notes)])
    if what == "claims":
        return "\n".join(markdown_claims(tables[0])).strip()
    if what == "count":
        return counted(tables)
    if what == "hours":
        return hours(PAGES[name])
    return "\n".join(of_number(what, tables))


def counted(tables: Sequence[Table | Across]) -> str:
    """Of how many numbers every part is answered, some, or none: in each form, and in one or the other."""
    answered = [{part.claim.name for part in table.claims if part.outcome in ANSWERED} for table in tables]
    asked = {number: {part.claim.name for part in parts} for number, parts in by_number(tables[0]).items()}
    lines = [f"| of the {len(asked)} | every part is answered | some parts are | none is |", "|---|---|---|---|"]
    for form, done in zip(
        (SMALL.form, FULL.form, "**one or the other**"), (*answered, set.union(*answered)), strict=True
    ):
        every = [number for number, parts in asked.items() if parts <= done]
        some = [number for number, parts in asked.items() if parts & done and number not in every]
        none = [number for number, parts in asked.items() if not parts & done]
        cells = (f"{len(numbers)}: {_numbers(numbers)}" if numbers else "0" for numbers in (every, some, none))
        lines.append(f"| {form} | {' | '.join(cells)} |")
    for source, table in zip((SMALL, FULL), tables, strict=True):
        outcomes = [part.outcome for part in table.claims]
        said = ", ".join(f"{outcomes.count(o)} {o}" for o in (*ANSWERED, "can't tell", "not tested") if o in outcomes)
        lines.append(f"\n{source.form[0].upper()}{source.form[1:]}: {len(outcomes)} parts, {said}.")
    return "\n".join(lines)


def hours(sources: Sequence[Source]) -> str:
    """How many runs there were, and what they took."""
    lines = ["| study | runs | diverged | hours, all runs together | on |", "|---|---|---|---|---|"]
    for source in sources:
        results = read_runs(source.runs)
        diverged = sum(result.status == "diverged" for result in results)
        took = sum(result.summary.wall_s or 0 for result in results) / 3600
        kinds = ", ".join(sorted({result.summary.ran_on or "?" for result in results}))
        lines.append(f"| `{source.study}` | {len(results)} | {diverged} | {took:.1f} | {escaped(kinds)} |")
    return "\n".join(lines)


def of_number(number: str, tables: Sequence[Table | Across]) -> Iterator[str]:
    """The table of one number's parts: statement, comparison, and each form's answer."""
    forms = [by_number(table).get(number, []) for table in tables]
    yield f"| part | statement | comparison | {' | '.join(source.form for source in (SMALL, FULL))} |"
    yield "|---|---|---|---|---|"
    for part in forms[0]:
        others = ({one.claim.name: one for one in form}.get(part.claim.name) for form in forms[1:])
        cells = [answer_text(part, tables[0]), *(answer_text(o, tables[1]) if o else "" for o in others)]
        metric = "" if part.claim.metric == "fid" else f" in `{part.claim.metric}`"
        comparison = f"`{part.claim.comparison}`{metric}" if part.claim.comparison else ""
        yield f"| {short(part)} | {escaped(part.claim.statement)} | {comparison} | {' | '.join(cells)} |"
    notes = [
        f"{short(part)}: {note}."
        for part in forms[0]
        for note in part.notes
        if isinstance(part.claim.test, OfGenerators)
    ]
    yield from ("", *notes) if notes else ()


def answer_text(answered: AnsweredClaim, table: Table | Across) -> str:
    """'**refuted** +695 % [+530, +903], 5 seeds (look 1)'."""
    if answered.outcome == "not tested":
        return "not tested"
    seeds = table.looks.looks.counts[answered.look - 1] if answered.look else table.looks.seeds
    seen = seen_in_words(answered)
    counted = answered.counts is not None
    when = "" if counted else f", {seeds} seeds" + (f" (look {answered.look})" if answered.look else "")
    outcome = f"**{answered.outcome}**" if answered.outcome in ANSWERED else answered.outcome
    return f"{outcome} {seen}{when}".strip()


def by_number(table: Table | Across) -> dict[str, list[AnsweredClaim]]:
    """The claims' parts by the two digits that their names begin with."""
    found: dict[str, list[AnsweredClaim]] = {}
    for answered in table.claims:
        found.setdefault(answered.claim.name[:2], []).append(answered)
    return found


def short(answered: AnsweredClaim) -> str:
    """'3a'."""
    return answered.claim.name.split("_")[0].lstrip("0")


def draw(number: str, tables: Sequence[Table | Across]) -> None:
    """The figure of one number: each part in each form, every seed, the interval that decides, and the margin."""
    lines = [
        Line(f"{short(part)}, {source.form.split(' of ')[1]}", part.seen.shown, part.seen.by_seed, part.outcome)
        for source, table in zip((SMALL, FULL), tables, strict=True)
        for part in by_number(table).get(number, [])
        if part.seen is not None and part.rule.scale == "log"
    ]
    if lines:
        figure = draw_forest(sorted(lines, key=_part), tables[0].rule, ("left is lower", "left is higher"), WIDE)
        figure.savefig(FOLDER / f"ganhacks2-{number}.png", dpi=DPI / 2, metadata={"Software": None})


def take(folder: Path) -> None:
    """Put a study's runs, report and leaderboard into docs/answers."""
    source = from_folders([folder])
    ended = [result for result in source.results if result.status != "unfinished"]
    table = results_table(ended).drop(columns=OF_THE_PLACE)
    name = str(table["study"].iloc[0])
    if name not in [one.study for one in SOURCES]:
        raise SystemExit(f"{folder}: study {name} is on no page of docs/answers")
    study = source.contexts[name].study
    if study is not None and study.design == "arms":  # whose arms are compared as they are
        table = table.drop(columns=[column for column in table if column.startswith(FACTOR)])
    table = table.loc[:, table.notna().any()]
    (FOLDER / f"{name}-runs.csv").write_text(csv_text(table))
    (FOLDER / f"{name}-leaderboard.csv").write_text(csv_of(source.leaderboard()))
    with TemporaryDirectory() as figures:
        words = ["report", str(folder), "--out", str(FOLDER / f"{name}.html"), "--figures", figures]
        subprocess.run([sys.executable, "-m", "ablations", *words], check=True)
        for drawn in Path(figures).glob(f"{name}-across.png"):
            shutil.copy(drawn, FOLDER)


def _numbers(numbers: Sequence[str]) -> str:
    return ", ".join(number.lstrip("0") for number in numbers)


def _part(line: Line) -> str:
    return line.name.split(",")[0].rjust(3, "0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--take", nargs="+", type=Path, default=[], metavar="FOLDER")
    for folder in parser.parse_args().take:
        take(folder)
    for name, sources in PAGES.items():
        (FOLDER / f"{name}.md").write_text(page_of(name))
        if len(sources) == 2:
            tables = [answers for source in sources if (answers := source.leaderboard().answers) is not None]
            for number in by_number(tables[0]):
                draw(number, tables)


if __name__ == "__main__":
    main()
