"""A study's folder -> all numbers of its report, section by section. Reads the disk only, computes nothing twice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.leaderboard import Table
from ablations.leaderboard.records import METRIC
from ablations.leaderboard.source import Source, from_folders
from ablations.report.answer import Answer, answer_of
from ablations.report.configuration import Configuration, configuration_of
from ablations.report.curves import Curve, curve_of
from ablations.report.doses import ArmDose, Inert, doses_of, inert_tricks
from ablations.report.effects import Effects, effects_of
from ablations.report.ends import Ends, ends_of
from ablations.report.factorial_effects import InteractionMap, interaction_map
from ablations.report.grids import Grids, grids_of
from ablations.report.origin import Origin, origin_of
from ablations.report.protocols import Protocol, protocols_of
from ablations.report.run_facts import RunFacts, facts_of
from ablations.report.seeds import ArmSeeds, arm_seeds
from ablations.report.shown import Shown, shown_arms
from ablations.results import Result
from ablations.study_record import ArmRecord, StudyRecord
from ablations.workspace import Workspace


@dataclass(frozen=True)
class TableReport:
    """What is said of the arms that may be compared: those of one study and protocol."""

    table: Table
    shown: Shown
    effects: Effects
    answer: Answer
    seeds: tuple[ArmSeeds, ...]
    curves: tuple[Curve, ...]  # the reference's first, where it has one
    interactions: InteractionMap | None
    grids: Grids | None
    doses: tuple[ArmDose, ...]
    inert: tuple[Inert, ...]
    protocols: tuple[Protocol, ...]


@dataclass(frozen=True)
class StudyReport:
    """One study. `text`: its file."""

    record: StudyRecord
    tables: tuple[TableReport, ...]
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
    tables = source.leaderboard().tables
    return tuple(
        _study_report(root, record, [table for table in tables if table.study == record.name], source)
        for root, record in records.items()
    )


def _study_report(root: Path, record: StudyRecord, tables: Sequence[Table], source: Source) -> StudyReport:
    results = [result for result in source.results if result.study == record.name]
    read = _remembered(facts_of)
    reports = tuple(_table_report(record, table, results, read) for table in tables)
    names = dict.fromkeys(arm for report in reports for arm in report.shown.arms)
    seen = [read(result) for result in results if result.arm in names and result.status != "unfinished"]
    workspace = Workspace(root)
    return StudyReport(
        record=record,
        tables=reports,
        ends=ends_of(results, read),
        configuration=configuration_of({arm.name: arm.config for arm in _in_order(record, names)}),
        origin=origin_of(root, results, seen),
        text=workspace.study_yaml.read_text(encoding="utf-8") if workspace.study_yaml.exists() else "",
    )


def _table_report(
    record: StudyRecord, table: Table, results: Sequence[Result], read: Callable[[Result], RunFacts]
) -> TableReport:
    own = [result for result in results if _belongs(result, table)]
    shown = shown_arms(table)
    effects = effects_of(record, table, own)
    facts = {arm: [read(result) for result in own if result.arm == arm] for arm in shown.arms}
    every = [run for runs in facts.values() for run in runs]
    curves = (curve_of(arm, runs) for arm, runs in facts.items())
    return TableReport(
        table=table,
        shown=shown,
        effects=effects,
        answer=answer_of(table, effects),
        seeds=arm_seeds(table, shown),
        curves=tuple(curve for curve in curves if curve is not None),
        interactions=_interactions(effects),
        grids=grids_of(record, shown.arms, own),
        doses=doses_of(shown.arms, every),
        inert=inert_tricks(table),
        protocols=protocols_of(table, every),
    )


def _belongs(result: Result, table: Table) -> bool:
    """Whether a run counts in the table: by its FID's protocol, or without a score in each."""
    score = result.score(METRIC, table.ranked_by) if result.status == "finished" else None
    return score is None or score.stamp == table.stamps.get(METRIC)


def _interactions(effects: Effects) -> InteractionMap | None:
    if not any(effect.is_interaction for effect in effects.effects):
        return None
    return interaction_map([(effect.name, effect.shown.mean, effect.finding) for effect in effects.effects])


def _in_order(record: StudyRecord, names: Iterable[str]) -> list[ArmRecord]:
    """The reference first, then as in the study file."""
    arms = [arm for arm in record.arms if arm.name in names]
    return sorted(arms, key=lambda arm: arm.name != record.reference)


def _remembered(read: Callable[[Result], RunFacts]) -> Callable[[Result], RunFacts]:
    """A journal is read once, however many sections ask for it."""
    known: dict[str, RunFacts] = {}

    def once(result: Result) -> RunFacts:
        if result.directory not in known:
            known[result.directory] = read(result)
        return known[result.directory]

    return once
