"""From a study's folder to all numbers of its report, section by section.

Reads the disk only, computes nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablations.leaderboard import Leaderboard, Table
from ablations.leaderboard.effect_records import Effects
from ablations.leaderboard.rows import runs_in
from ablations.leaderboard.source import ResultSource, from_folders
from ablations.report.sections.answer import StudyAnswer, answer_of
from ablations.report.sections.blocks import AcrossReport, across_report
from ablations.report.sections.claims import Claims, claims_of
from ablations.report.sections.configuration import Configuration, configs_of, configuration_of
from ablations.report.sections.curves import Curve, curve_of
from ablations.report.sections.design import DesignWords, design_of
from ablations.report.sections.doses import ArmDose, Inert, doses_of, inert_tricks
from ablations.report.sections.expected_best import Expected, expected_of
from ablations.report.sections.interactions import InteractionMap, interaction_map
from ablations.report.sections.ladder import Rung, rungs_of
from ablations.report.sections.looks import LookLine, LooksCourse, look_lines, looks_course
from ablations.report.sections.protocols import ReportedProtocol, protocols_of
from ablations.report.sections.reproduction import Origin, origin_of
from ablations.report.sections.run_facts import RunFacts, facts_of
from ablations.report.sections.run_outcomes import Ends, ends_of
from ablations.report.sections.samples import Grids, grids_of
from ablations.report.sections.search import Searched, searched_of
from ablations.report.sections.seeds import MOST_ARMS, ArmSeeds, ShownArms, arm_seeds, shown_arms
from ablations.results.results import Result
from ablations.study.block_names import arm_in_block
from ablations.study.record import StudyRecord
from ablations.workspace.looks_taken import LookTaken, read_looks_taken
from ablations.workspace.study_text import study_text
from ablations.workspace.workspace import Workspace


@dataclass(frozen=True)
class TableReport:
    """The report on arms that may be compared: those of one study and protocol."""

    table: Table
    shown: ShownArms
    effects: Effects
    answer: StudyAnswer
    claims: Claims | None
    looks: LooksCourse | None  # where several have been taken
    looks_taken: tuple[LookLine, ...]
    rungs: tuple[Rung, ...]  # of a ladder
    expected: Expected | None  # of a search
    seeds: tuple[ArmSeeds, ...]
    curves: tuple[Curve, ...]  # the reference's first, where it has one
    interactions: InteractionMap | None
    grids: Grids | None
    doses: tuple[ArmDose, ...]
    inert: tuple[Inert, ...]
    protocols: tuple[ReportedProtocol, ...]


@dataclass(frozen=True)
class StudyReport:
    """The report on one study. `text`: the study file."""

    record: StudyRecord
    tables: tuple[TableReport, ...]
    across: AcrossReport | None  # of a study across several settings
    design: DesignWords
    search: Searched | None
    explored: Configuration | None  # of a search: the explored arms that rank best, the baseline's first
    ends: Ends
    configuration: Configuration
    origin: Origin
    text: str

    @property
    def name(self) -> str:
        return self.record.name


def study_reports(roots: Sequence[Path]) -> tuple[StudyReport, ...]:
    """The reports of the studies in these folders. Raises UserError where one can't be read."""
    records = {root: Workspace(root).record() for root in dict.fromkeys(roots)}
    source = from_folders(list(records))
    board = source.leaderboard()
    named = {root: records[root].model_copy(update={"name": study}) for root, study in source.studies.items()}
    return tuple(_study_report(root, record, board, source) for root, record in named.items())


def _study_report(root: Path, record: StudyRecord, board: Leaderboard, source: ResultSource) -> StudyReport:
    tables = [table for table in board.tables if table.study == record.name]
    results = [result for result in source.results if result.study == record.name]
    read = _remembered(facts_of)
    taken = read_looks_taken(root)
    reports = tuple(_table_report(_of_block(record, table), table, results, read, taken) for table in tables)
    shown = (arm_in_block(arm, report.table.block) for report in reports for arm in report.shown.arms)
    names = list(dict.fromkeys(shown))
    across = next((across for across in board.across if across.study == record.name), None)
    seen = [read(result) for result in results if result.arm in names and _is_seen(result)]
    workspace = Workspace(root)
    search = searched_of(root, record, results)
    return StudyReport(
        record=record,
        tables=reports,
        across=None if across is None else across_report(across, taken),
        design=design_of(record),
        search=search,
        explored=configuration_of(_explored(record, tables, results)) if search is not None else None,
        ends=ends_of(results, read),
        configuration=configuration_of(_in_order(record, configs_of(record, names, results))),
        origin=origin_of(root, results, seen),
        text=study_text(workspace),
    )


def _of_block(record: StudyRecord, table: Table) -> StudyRecord:
    """The study as the table has it: in one setting, where it goes across several."""
    return record.of_block(table.block) if table.block else record


def _is_seen(result: Result) -> bool:
    """Whether the run's journal is read for the figures: an explored trial's is not."""
    return result.status != "unfinished" and result.stage != "explore"


def _table_report(
    record: StudyRecord,
    table: Table,
    results: Sequence[Result],
    read: Callable[[Result], RunFacts],
    taken: Sequence[LookTaken],
) -> TableReport:
    own = runs_in(table, results)
    shown = shown_arms(table)
    judged = [result for result in own if result.stage != "explore"]
    facts = {arm: [read(result) for result in judged if result.arm == arm] for arm in shown.arms}
    every = [run for runs in facts.values() for run in runs]
    curves = (curve_of(arm, runs) for arm, runs in facts.items())
    return TableReport(
        table=table,
        shown=shown,
        effects=table.effects,
        answer=answer_of(table),
        claims=claims_of(table),
        looks=None if table.block else looks_course(table),  # else they stand with what all settings say
        looks_taken=() if table.block else look_lines(table, taken),
        rungs=rungs_of(record, table),
        expected=expected_of(table),
        seeds=arm_seeds(table, shown),
        curves=tuple(curve for curve in curves if curve is not None),
        interactions=_interactions(table.effects),
        grids=grids_of(configs_of(record, shown.arms, own), own),
        doses=doses_of(shown.arms, every),
        inert=inert_tricks(table),
        protocols=protocols_of(table, every),
    )


def _interactions(effects: Effects) -> InteractionMap | None:
    if not any(effect.is_interaction for effect in effects.effects):
        return None
    return interaction_map(
        [(effect.name, effect.shown.mean, effect.finding) for effect in effects.effects], effects.rule
    )


def _in_order(record: StudyRecord, configs: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The reference first, then as in the study file, then what a search has found."""
    places = {arm.name: place for place, arm in enumerate(record.arms)}
    ordered = sorted(configs, key=lambda arm: (arm != record.reference, places.get(arm, len(places))))
    return {arm: configs[arm] for arm in ordered}


def _explored(record: StudyRecord, tables: Sequence[Table], results: Sequence[Result]) -> dict[str, Mapping[str, Any]]:
    """The configurations of the baseline and of the explored arms, best first, as many as a table can show readably."""
    names = dict.fromkeys(row.arm for table in tables for row in table.explored)
    return configs_of(
        record, [record.reference, *(name for name in names if name != record.reference)][:MOST_ARMS], results
    )


def _remembered(read: Callable[[Result], RunFacts]) -> Callable[[Result], RunFacts]:
    """Read a journal once, however many sections need it."""
    known: dict[str, RunFacts] = {}

    def once(result: Result) -> RunFacts:
        if result.directory not in known:
            known[result.directory] = read(result)
        return known[result.directory]

    return once
