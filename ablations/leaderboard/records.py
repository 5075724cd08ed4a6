"""What a leaderboard is: tables of arms whose scores may be compared, as plain numbers. Drawn and written elsewhere."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ablations.leaderboard.across_records import Across
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.effect_records import Effects
from ablations.leaderboard.guard_records import Guards
from ablations.leaderboard.looks import LooksState
from ablations.leaderboard.machine_kinds import ONE_KIND, MachineKinds
from ablations.results.results import METRIC
from ablations.results.summary import ScoreSummary
from ablations.statistics import Comparison, Estimate, ExpectedBest, Rule
from ablations.study.claims.measures import Of

NO_SCORES = "no scores"
SEE_EFFECTS = "see effects"  # in place of a verdict, where a design compares something else than arm and baseline


@dataclass(frozen=True)
class MetricCell:
    """Another metric of an arm. `error`: mean standard error of one measurement, NaN where the metric has none."""

    over_seeds: Estimate
    error: float


@dataclass(frozen=True)
class Row:
    """One arm. `rank` is None without a score; NaN stands where there are too few seeds for a number.

    `fid` and `metrics` are of the generators that the table is ranked by.
    """

    rank: int | None
    arm: str
    is_baseline: bool
    factors: Mapping[str, str]
    scores: Mapping[int, float]  # FID by seed
    seeds_finished: int
    seeds_diverged: int
    seeds_failed: int
    seeds_unfinished: int
    fid: Estimate
    fid_best_mean: float
    fid_last_mean: float
    comparison: Comparison | None  # with the baseline; None for itself, and where the table has none
    metrics: Mapping[str, MetricCell]
    kimg_at_best: float
    seconds_at_best: float
    evaluation_share: float  # of the wall seconds; NaN where not known
    inert: tuple[str, ...]  # tricks that never acted in some seed
    run_verdicts: Mapping[str, int]  # how many runs are healthy, oscillating, ...
    data_digests: tuple[str, ...]
    run_ids: tuple[str, ...]
    kind: Literal["arm", "explored"] = "arm"  # explored: by a search that chose by these numbers, so never ranked
    seeds_pruned: int = 0
    seeds_not_finite: int = (
        0  # of the finished: those whose FID is NaN or infinite, which count as diverged in verdicts
    )
    same_as: tuple[str, ...] = ()  # other arms of the table whose runs are bit-identical to this one's, seed by seed
    ranked_fid: float = math.nan  # what its rank goes by: the mean FID, brought to the baseline's seeds
    against: float | None = None  # ratio to the reference over common seeds (or difference); None: there is none
    ran_on: Mapping[str, int] = field(default_factory=dict)  # kind of machine -> runs, of those that it is known of
    has_effects: bool = False  # whether the study's verdicts are on effects of its design, and not on this arm

    @property
    def seeds_ended(self) -> int:
        """The number of seeds that ended, whatever their outcome."""
        return self.seeds_finished + self.seeds_diverged + self.seeds_failed + self.seeds_pruned

    @property
    def fid_best_single(self) -> float:
        """The lowest FID of any seed."""
        return min(self.scores.values(), default=math.nan)

    @property
    def verdict(self) -> str:
        """The study's verdict on the arm."""
        if self.kind == "explored":
            return "explored"
        if self.is_baseline:
            return "baseline"
        if self.comparison is not None:
            return self.comparison.finding
        return SEE_EFFECTS if self.has_effects else "can't tell"

    @property
    def reason(self) -> str:
        """Why this is the verdict."""
        if self.kind == "explored":
            return "an arm is not judged by the numbers that it was chosen by"
        if self.comparison is None:
            if self.is_baseline:
                return ""
            return "the verdicts are on the design's effects" if self.has_effects else "no baseline under this protocol"
        never = f"; never acted: {', '.join(self.inert)}" if self.verdict == "same run" and self.inert else ""
        return self.comparison.reason + never


@dataclass(frozen=True)
class UnrankedEntry:
    """What was scored and is no arm of the study: one measurement, so without interval and verdict.

    'elsewhere': not trained here, ranked. 'floor': to place a number, never ranked. `protocol`: that of the table's
    FIDs; a floor of fewer images than theirs was measured under another one.
    """

    rank: int | None
    kind: Literal["elsewhere", "floor"]
    name: str
    what: str
    n: int  # images scored
    protocol: str
    scores: Mapping[str, ScoreSummary]  # by metric

    @property
    def fid(self) -> float:
        return self.scores[METRIC].value

    @property
    def same_protocol(self) -> bool:
        """Whether it was measured under the same protocol as the table's FIDs."""
        return self.scores[METRIC].stamp == self.protocol


@dataclass(frozen=True)
class Table:
    """Arms whose FIDs may be compared, best first.

    `score`: name of the FID; NO_SCORES where trials ran to the end and none has one, '' where none has come so far.
    `stamps`: protocol by metric, FID first. `mixed`: metrics left out, for the table's runs have several protocols.
    `explored`: of a search, best first, never ranked. `expected`: the best FID to expect of 1, 2, ... explored trials.
    """

    study: str
    score: str
    ranked_by: Of
    rule: Rule  # of the comparisons
    stamps: Mapping[str, str]
    mixed: tuple[str, ...]
    evaluation_share: float  # of the wall seconds of all trials
    rows: tuple[Row, ...]
    elsewhere: tuple[UnrankedEntry, ...] = ()
    floors: tuple[UnrankedEntry, ...] = ()
    explored: tuple[Row, ...] = ()
    expected: tuple[ExpectedBest, ...] = ()
    code: tuple[str, ...] = ()  # files of the user's own that its trials rest on, each with its digest
    claims: tuple[AnsweredClaim, ...] = ()  # the study's, answered from these rows' trials
    effects: Effects = field(kw_only=True)  # what the design is made for, with the study's verdicts
    looks: LooksState = field(kw_only=True)
    guards: Guards = field(default=Guards(), kw_only=True)  # what the effects must not cost, and whether they do
    block: str = ""  # of a study across several settings
    machines: MachineKinds = ONE_KIND  # where what is compared did not run on one kind of machine

    @property
    def title(self) -> str:
        """The study, and the block where it has several."""
        return f"{self.study}, {self.block}" if self.block else self.study

    @property
    def protocol(self) -> str:
        """'fid:<stamp> is:<stamp>'."""
        return " ".join(f"{metric}:{stamp}" for metric, stamp in self.stamps.items())

    @property
    def other_metrics(self) -> tuple[str, ...]:
        """The metrics of the table other than the FID."""
        return tuple(metric for metric in self.stamps if metric != METRIC)

    def lines(self) -> Iterator[Row | UnrankedEntry]:
        """The arms and what was scored elsewhere, in the order of their ranks, those without one last."""
        both: list[Row | UnrankedEntry] = [*self.rows, *self.elsewhere]
        yield from sorted(both, key=lambda line: math.inf if line.rank is None else line.rank)


@dataclass(frozen=True)
class Leaderboard:
    """All tables, by study, block and protocol; and what studies across several settings say of all their blocks."""

    tables: tuple[Table, ...]
    across: tuple[Across, ...] = ()

    @property
    def answers(self) -> Table | Across | None:
        """Where the answers of a single study stand: over all its settings, or in its main table."""
        return self.across[0] if self.across else self.main_table

    @property
    def main_table(self) -> Table | None:
        """The table with most scores, which the looks of a study are decided by; None where there is none."""
        return max(self.tables, key=lambda table: sum(len(row.scores) for row in table.rows), default=None)
