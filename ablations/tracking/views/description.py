"""The description of a study on its pages in MLflow, as Markdown: question, answer, ranked arms, links, commands.

The words are the report's, the table is the leaderboard's. A store keeps such a text in a tag, of limited length: what
is too long is cut between two lines, and a line says how many are missing.
"""

import re
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ablations.leaderboard import Leaderboard
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.text.markdown import escaped, markdown_blocks, markdown_claims, markdown_table
from ablations.leaderboard.text.notes import looks_notes
from ablations.report.sections.answer import Sentence, answer_of
from ablations.report.sections.blocks import across_report
from ablations.study.record import StudyRecord
from ablations.tracking.views.links import Links
from ablations.tracking.views.tracked import Tracked
from ablations.tracking.views.views import ARMS, IMAGES, STUDY, TRIALS

RUN_LIMIT = 7900  # characters; MLflow 3 takes 8,000 and cuts the rest without a word
EXPERIMENT_LIMIT = 4900  # its older servers take 5,000
REPORT = "report.html"
PROGRAM = re.compile(r"^\S*\bablations/__main__\.py(?=\s|$)")  # as the system has it, wherever it lies
LONGEST = 1000  # characters of a question or a command
MOST_ROWS = 12  # of the experiment's table
ENDING = "... {} more lines; the report has all"


@dataclass(frozen=True)
class Ranking:
    """One table of the leaderboard in words. `lines`: heading, rule and a line an arm, best first."""

    headline: str
    sentences: tuple[Sentence, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    claims: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()  # how many were taken, and the next one


def rankings_of(record: StudyRecord, leaderboard: Leaderboard) -> tuple[Ranking, ...]:
    """The tables of the study in words."""
    own = [table for table in leaderboard.tables if table.study == record.name]
    rankings = []
    for table in own:
        answer = answer_of(table)
        lines, notes = markdown_table(table)
        looks = tuple(looks_notes(table.looks, table.rule)) if table.effects.effects and table.looks.are_shown else ()
        headline = f"{table.block}: {answer.headline}" if table.block else answer.headline
        looks = () if table.block else looks
        rankings.append(Ranking(headline, answer.sentences, lines, notes, markdown_claims(table), looks))
    return (*(_over_all(across) for across in leaderboard.across if across.study == record.name), *rankings)


def _over_all(across: Across) -> Ranking:
    """What a study across several settings says of all of them, as the first of its tables."""
    report = across_report(across, ())
    lines, notes = markdown_blocks(across)
    looks = tuple(looks_notes(across.looks, across.rule))
    return Ranking(report.headline, report.sentences, lines, notes, markdown_claims(across), looks)


def standing_tags(leaderboard: Leaderboard) -> dict[str, str]:
    """The tags of an execution's run that say how far the looks are; {} without a table."""
    table = leaderboard.answers
    if table is None:
        return {}
    coming = table.looks.next_seeds
    return {"looks_taken": str(table.looks.taken), "next_look_seeds": "none" if coming is None else str(coming)}


def experiment_text(record: StudyRecord, rankings: Sequence[Ranking], tracked: Tracked) -> str:
    """The experiment's description. Folded it shows its first line: the links."""
    places = links_of(Links("", tracked.experiment_id), tracked)
    head = [f"See {', '.join(f'[{words}]' for words in places)}.", "", _question(record), ""]
    tail = ["", _commands(record.name), "", *(f"[{words}]: {address}" for words, address in places.items())]
    return _fitted(head, [_short(ranking) for ranking in rankings], tail, EXPERIMENT_LIMIT)


def execution_text(record: StudyRecord, rankings: Sequence[Ranking], tracked: Tracked, command: str) -> str:
    """The description of an execution's run. `command`: the command that began it."""
    places = links_of(Links("", tracked.experiment_id), tracked)
    head = [_question(record), ""]
    tail = ["", f"See {', '.join(f'[{words}]' for words in places)}.", ""]
    tail += [f"Begun by {_code(PROGRAM.sub('python -m ablations', command))}.", "", _commands(record.name), ""]
    tail += [f"[{words}]: {address}" for words, address in places.items()]
    return _fitted(head, [_long(ranking) for ranking in rankings], tail, RUN_LIMIT)


def links_of(links: Links, tracked: Tracked) -> dict[str, str]:
    """Links to where the UI shows the study well, each with what is to be seen there."""
    places = {
        "curves and samples": links.view(STUDY),
        "runs grouped by arm": links.view(ARMS),
        "every run": links.view(TRIALS, charts=False),
        "large samples": links.view(IMAGES),
    }
    if len(tracked.best) > 1:
        places["the best run of each arm"] = links.comparison(tracked.best)
    if tracked.execution:
        places["the report"] = links.run(tracked.execution, REPORT)
    return places


def _short(ranking: Ranking) -> list[list[str]]:
    rule, arms = ranking.lines[:2], ranking.lines[2:]
    more = [f"\n... {len(arms) - MOST_ROWS} more"] if len(arms) > MOST_ROWS else []
    looks = [f"{escaped(line)}  " for line in ranking.looks]
    return [[escaped(ranking.headline), "", *looks, *[""] * bool(looks)], [*rule, *arms[:MOST_ROWS], *more, ""]]


def _long(ranking: Ranking) -> list[list[str]]:
    said = [
        f"- **{escaped(s.name)}** {s.verdict}: {escaped(s.says)}{f'; {escaped(s.why)}' if s.why else ''}"
        for s in ranking.sentences
    ]
    return [
        [escaped(ranking.headline), ""],
        [*ranking.lines, ""],
        [*ranking.claims],
        [*said, ""],
        [f"{note}  " for note in ranking.notes],
    ]


def _question(record: StudyRecord) -> str:
    return f"**{textwrap.shorten(escaped(record.question), LONGEST, placeholder=' ...')}**"


def _code(command: str) -> str:
    """A command, which may have newlines and backticks in it."""
    line = textwrap.shorten(command, LONGEST, placeholder=" ...")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"`{line}`"


def _commands(name: str) -> str:
    study = shlex.quote(name)
    commands = (f"`python -m ablations {verb} {study}`" for verb in ("leaderboard", "report", "ui"))
    return f"Where the study was run: {', '.join(commands)}."


def _fitted(head: Sequence[str], tables: Sequence[Sequence[Sequence[str]]], tail: Sequence[str], limit: int) -> str:
    """As much as fits between head and tail: the first part of every table, then the second of every table, ..."""
    rounds = zip_longest(*tables, fillvalue=())
    lines = [line for parts in rounds for part in parts for line in part]
    room = limit - _length([*head, *tail, ENDING])
    kept = list(_first(lines, room))
    if left := sum(bool(line.strip()) for line in lines[len(kept) :]):
        kept += ["", ENDING.format(left)]
    return "\n".join([*head, *kept, *tail])


def _first(lines: Sequence[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
