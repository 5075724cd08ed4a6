"""A study: one question, its arms and seeds, read from a YAML file; every mistake in it is reported at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from ablations.statistics import Looks, Rule
from ablations.study.across import Block, WrittenBlock, blocks_of
from ablations.study.arm import Arm, LeftOut
from ablations.study.block_names import arm_alone
from ablations.study.build_arms import BuiltArms, build_arms
from ablations.study.build_blocks import build_blocks
from ablations.study.claims.records import Claim
from ablations.study.claims.resolve import resolve_claims
from ablations.study.cluster import NO_NEEDS, ClusterNeeds
from ablations.study.designs import DESIGNS, DesignOptions, Fraction, Layout
from ablations.study.factors import StudyFactor
from ablations.study.guard import read_guard
from ablations.study.overrides import Overrides
from ablations.study.plugins import USE, PluginRecord, load_own_code, placed, used_files
from ablations.study.record import ArmRecord, StudyRecord
from ablations.study.space.plan import SearchPlan, as_written, search_plan
from ablations.study.study_file import StudyFile, name_problems, read_study_file
from ablations.study.yaml_source import YamlSource, read_yaml
from gan_core.plugin_text import Source
from gan_core.problems import Problem, UserError

MOST_TRIALS = 20_000  # with a minute each, two weeks


@dataclass(frozen=True)
class Study:
    """A study as it was resolved. `baseline` and `factors` are the user's words, `text` is the file as it was read."""

    name: str
    path: Path
    question: str
    papers: tuple[str, ...]
    design: str
    seeds: tuple[int, ...]
    looks: Looks  # when its runs are judged
    baseline: Mapping[str, Any]
    factors: Mapping[str, Mapping[str, Any]]  # factor -> the settings that it changes, in the file's order
    arms: tuple[Arm, ...]  # the reference first; of a study across several settings, in each block
    left_out: tuple[LeftOut, ...]  # what the design asks for and a rule forbids
    fraction: Fraction | None  # of a fractional design
    warnings: tuple[str, ...]  # rules that should hold and don't, with the arms that break them
    text: str
    rule: Rule = field(default_factory=Rule)  # what its answers are held to
    claims: tuple[Claim, ...] = ()
    search: SearchPlan | None = None  # of a search, whose only arm here is the baseline
    guard: Mapping[str, float] = field(default_factory=dict)  # metric -> the loss that is accepted
    sources: tuple[Source, ...] = ()  # code of the user's own, as it was loaded
    plugins: tuple[PluginRecord, ...] = ()  # what is recorded of it
    blocks: tuple[Block, ...] = ()  # the settings that it goes across, where there are several
    cluster: ClusterNeeds = NO_NEEDS  # of a trial on a cluster; no part of what the study is

    @property
    def most_trials(self) -> int:
        """How many trials there will be; for a search, at most."""
        known = len(self.arms) * len(self.seeds)
        return known if self.search is None else known + self.search.most_trials(len(self.seeds))

    @property
    def reference(self) -> str:
        """The arm that the others are compared with, in every block."""
        return arm_alone(self.arms[0].reference, self.arms[0].block)

    def record(self) -> StudyRecord:
        """The study as its directory keeps it."""
        return StudyRecord(
            name=self.name,
            question=self.question,
            papers=self.papers,
            design=self.design,
            seeds=self.seeds,
            baseline=dict(self.baseline),
            factors={name: dict(settings) for name, settings in self.factors.items()},
            arms=tuple(
                ArmRecord(
                    name=arm.name,
                    factors=dict(arm.factors),
                    fingerprint=arm.config.fingerprint(),
                    config=arm.config.plain(),
                    previous=arm.previous,
                    block=arm.block,
                )
                for arm in self.arms
            ),
            reference=self.reference,
            left_out=self.left_out,
            fraction=self.fraction,
            search=self.search.record() if self.search is not None else None,
            rule=self.rule,
            claims=self.claims,
            planned_looks=self.looks,
            guard=dict(self.guard),
            plugins=self.plugins,
            blocks=self.blocks,
        )

    def plain(self) -> dict[str, Any]:
        """The record as plain data."""
        return self.record().model_dump(mode="json")


def load_study(
    path: Path,
    name: str | None = None,
    overrides: Overrides = Overrides(),  # noqa: B008  frozen
    folder: Path | None = None,
) -> Study:
    """Read a study file, see `study_of`."""
    return study_of(read_yaml(path), name, overrides, folder)


def study_of(
    source: YamlSource,
    name: str | None = None,
    overrides: Overrides = Overrides(),  # noqa: B008  frozen
    folder: Path | None = None,
) -> Study:
    """The study of a file; `name` replaces the file's own, `overrides` replace some of its settings.

    `folder`: where the files that it uses are; None: from its own folder on.

    Raises UserError with every problem, each with file and line.
    """
    path = source.path
    overrides.apply(source.data)
    code = load_own_code(used_files(source.data), folder or path.parent)  # first: it may register what the rest names
    file, is_whole, problems = read_study_file(source.data)
    problems = [*name_problems(path, name), *problems]
    if code.problems:  # what they would have registered is named all over the file
        _refuse([*problems, *code.problems], source)
    factors, baseline = file.factors(), {**placed(file.baseline), **({USE: code.entries} if code.entries else {})}
    layout, found = _laid_out(file, is_whole, list(factors))
    problems += found
    blocks, found = blocks_of(file.across, factors) if file.across is not None else ((), [])
    problems += found
    built = _built(baseline, factors, file.design if is_whole else "one-in", layout, blocks)
    problems += built.problems
    problems += _too_many_trials(len(built.arms), len(file.seed_plan().seeds))
    search = None
    if file.design == "search":
        search, found = search_plan(file, built.arms[0] if built.arms else None, factors)
        problems += [as_written(p, source.lines) for p in found if p not in problems]
    claims: tuple[Claim, ...] = ()
    if not problems:  # a claim about an arm that could not be made is no mistake of its own
        claims, found = resolve_claims(
            file.claims, built.alone, built.left_out, [each.block for each in blocks], built.arms if blocks else ()
        )
        problems += found
    guard, found = read_guard(file.guard if file.across is None else {}, built.arms)  # `across` refuses any
    problems += found
    if problems:
        _refuse(problems, source)
    return Study(
        name=name if name is not None else path.stem,
        path=path,
        question=file.question,
        papers=tuple(file.papers),
        design=file.design,
        seeds=file.seed_plan().seeds,
        looks=file.seed_plan().looks,
        baseline=baseline,
        factors={name: factor.settings for name, factor in factors.items()},
        arms=tuple(built.arms) if search is None else (search.space.baseline,),
        left_out=tuple(built.left_out),
        fraction=layout.fraction,
        warnings=(*built.warnings, *(search.warnings if search is not None else ())),
        text=source.text,
        search=search,
        rule=file.rule,
        claims=claims,
        guard=guard,
        sources=code.sources,
        plugins=code.records,
        blocks=tuple(written.block for written in blocks),
        cluster=file.cluster,
    )


def _refuse(problems: Sequence[Problem], source: YamlSource) -> NoReturn:
    """Raise UserError with all of them, in the file's order, each at its place in the file or in a plug-in."""
    in_order = sorted(problems, key=lambda p: source.line(p.where))
    raise UserError(*(p if p.source else replace(p, source=source.place(p.where)) for p in in_order))


def _built(
    baseline: Mapping[str, Any],
    factors: Mapping[str, StudyFactor],
    design: str,
    layout: Layout,
    blocks: Sequence[WrittenBlock],
) -> BuiltArms:
    """The arms, in every block where there are several."""
    if not blocks:
        return build_arms(baseline, factors, design, layout)
    return build_blocks(baseline, factors, design, layout, blocks)


def _too_many_trials(arms: int, seeds: int) -> list[Problem]:
    if arms * seeds <= MOST_TRIALS:
        return []
    message = f"{arms} arms with {seeds} seeds are {arms * seeds} trials"
    return [Problem(message, ("seeds",), f"at most {MOST_TRIALS}")]


def _laid_out(file: StudyFile, is_whole: bool, factors: Sequence[str]) -> tuple[Layout, list[Problem]]:
    """The design's arms; where they can't be laid out, each factor alone, so that other mistakes are found too."""
    alone = DESIGNS["one-in"].lay_out(factors, DesignOptions())
    if not is_whole or any(not file.has(option) for option in DESIGNS[file.design].needs):
        return alone, []
    try:
        return DESIGNS[file.design].lay_out(factors, file.options()), []
    except UserError as error:
        return alone, list(error.problems)
